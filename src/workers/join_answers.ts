/**
 * What several workers answered to one line of the operator's commands, as one answer.
 *
 *   stats GROUP      counts add up, see `sumStats`
 *   recover status   a line for each server, and one for each worker that sees it differently
 *   others           OK, if one of them has done it; else why not
 */

import { parseStatsAnswer } from "../stats/stats_answer.ts";
import { StatsLines } from "../stats/stats_lines.ts";
import { sumStats } from "../stats/stats_sums.ts";

/** One worker's answer; a null text comes with the reason. */
export interface WorkerAnswer {
  /** Counts from 1. */
  readonly number: number;
  readonly text: string | null;
  readonly failure: string | null;
}

/** Text that ends in a newline; a worker that did not answer is named in it. */
export function joinAnswers(line: string, answers: readonly WorkerAnswer[]): string {
  const texts = answers.map(({ text }) => text).filter((text) => text !== null);
  const stats = texts.map(parseStatsAnswer);
  if (texts.length > 0 && stats.every((one) => one !== null)) return joinStats(stats, answers);
  const missing = answers.filter(({ text }) => text === null).map(({ number, failure }) =>
    `ERROR worker ${number} did not answer: ${failure}\n`
  ).join("");
  if (line.trim().startsWith("recover status")) return joinStatus(answers) + missing;
  const done = texts.filter((text) => !text.startsWith("ERROR"));
  return [...new Set(done.length > 0 ? done : texts)].join("") + missing;
}

function joinStats(
  stats: readonly ReadonlyMap<string, string>[],
  answers: readonly WorkerAnswer[],
): string {
  const lines = new StatsLines();
  for (const [name, value] of sumStats("recovery", stats)) lines.add(name, value);
  for (const { number, failure } of answers) {
    if (failure !== null) lines.add(`worker_${number}_unanswered`, failure.replaceAll(" ", "_"));
  }
  return lines.end();
}

/** `main_1 HOST:PORT up since TIME`: the time alone is no different view. */
function joinStatus(answers: readonly WorkerAnswer[]): string {
  const views = new Map<string, Map<string, { line: string; numbers: number[] }>>();
  for (const { number, text } of answers) {
    for (const line of (text ?? "").split("\n").filter((one) => one !== "")) {
      const label = line.slice(0, line.indexOf(" "));
      const view = line.replace(/ since \S+/, "");
      const ofLabel = views.get(label) ?? new Map();
      views.set(label, ofLabel);
      const seen = ofLabel.get(view) ?? { line, numbers: [] };
      ofLabel.set(view, seen);
      seen.numbers.push(number);
    }
  }
  return [...views.values()].flatMap((ofLabel) =>
    [...ofLabel.values()].map(({ line, numbers }) =>
      ofLabel.size === 1 ? `${line}\n` : `${line} (worker ${numbers.join(", ")})\n`
    )
  ).join("");
}
