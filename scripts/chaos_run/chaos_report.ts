/** What came of a chaos run, in words. */

import type { History, Operation } from "../../tests/support/history.ts";
import { type Violation, violationText } from "../../tests/support/history_check.ts";
import type { Round } from "./fault_plan.ts";

const SHOWN = 20;
/** The copy of a change that was acknowledged so shortly before may be missing still, ms. */
const UNCOPIED_MS = 1000;
/** So long after a fault proxies may differ in whether they ask the main or its copy, ms. */
const UNSETTLED_MS = 10_000;

/** The violations that the documented promises do not exclude. */
export interface Verdict {
  readonly broken: readonly Violation[];
  /**
   * Excused by asynchronous replication: a fault came before the newest change was copied, or
   * the copy was asked a moment after it, while its main was put in order.
   */
  readonly excused: readonly Violation[];
}

/** Tells the broken promises from what asynchronous replication may lose. */
export function judge(
  violations: readonly Violation[],
  breaksMs: readonly number[],
  replication: "sync" | "async",
): Verdict {
  if (replication === "sync") return { broken: violations, excused: [] };
  const excused = violations.filter(({ newest, operation: { startMs } }) => {
    if (newest === null) return false;
    const copiedMs = newest.endMs + UNCOPIED_MS;
    const isUnsettled = (atMs: number) => atMs <= startMs && startMs <= atMs + UNSETTLED_MS;
    return breaksMs.some((atMs) =>
      (atMs >= newest.startMs && atMs <= copiedMs) || (startMs <= copiedMs && isUnsettled(atMs))
    );
  });
  const broken = violations.filter((one) => !excused.includes(one));
  return { broken, excused };
}

/** Prints all; gives back the exit status. */
export function report(
  history: History,
  { broken, excused }: Verdict,
  rounds: readonly Round[],
): number {
  for (const one of broken.slice(0, SHOWN)) console.log(located(one, rounds));
  const isRead = ({ kind }: Operation) => kind === "get";
  console.log(`${history.size} operations in ${rounds.length} rounds`);
  console.log(shares("reads", history, isRead));
  console.log(shares("changes", history, (one) => !isRead(one)));
  for (const [words, count] of failureWords(history)) console.log(`  ${count} x ${words}`);
  console.log(`wrong answers: ${counts(broken)}; excused by async replication: ${counts(excused)}`);
  return broken.length === 0 ? 0 : 1;
}

function located(one: Violation, rounds: readonly Round[]): string {
  const round = rounds.findLast(({ startMs }) => startMs <= one.operation.startMs);
  const where = round === undefined
    ? "before all faults"
    : `${(one.operation.startMs - round.startMs).toFixed(0)} ms into: ${round.text}`;
  return `${violationText(one)}\n  ${where}`;
}

function shares(name: string, history: History, counted: (one: Operation) => boolean): string {
  const all = history.count(counted);
  const failed = history.count((one) => counted(one) && one.outcome === "failed");
  const cut = history.count((one) => counted(one) && one.outcome === "cut");
  const percent = (part: number) => `${(100 * part / all).toFixed(3)} %`;
  return `${name}: ${all}, failed ${failed} (${percent(failed)}), ` +
    `without an answer because their proxy was killed ${cut} (${percent(cut)})`;
}

/** What failed operations were told, with the servers left out; the most frequent first. */
function failureWords(history: History): [words: string, count: number][] {
  const words = new Map<string, number>();
  for (const key of history.keys) {
    for (const { outcome, answer } of history.of(key)) {
      if (outcome !== "failed") continue;
      const told = `${answer}`.replace(/\d+\.\d+\.\d+\.\d+:\d+/, "…");
      words.set(told, 1 + (words.get(told) ?? 0));
    }
  }
  return [...words].sort(([, one], [, other]) => other - one);
}

function counts(violations: readonly Violation[]): string {
  if (violations.length === 0) return "none";
  const faults = new Map<string, number>();
  for (const { fault } of violations) faults.set(fault, 1 + (faults.get(fault) ?? 0));
  return [...faults].map(([fault, count]) => `${count} ${fault}`).join(", ");
}
