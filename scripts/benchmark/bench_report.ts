/**
 * The result of a benchmark as a document in Markdown.
 */

import type { BenchOptions } from "./bench_options.ts";
import type { Cell } from "./cell.ts";
import { renderCellTable } from "./cell_table.ts";
import type { Progress } from "./measure_rounds.ts";
import { median } from "./median.ts";
import { othersShare } from "./others_share.ts";
import { SCENARIOS } from "./scenario.ts";

/** What a report is made of besides the options. */
export interface Measured {
  readonly cells: readonly Cell[];
  readonly progress: Readonly<Progress>;
  /** One paragraph each. */
  readonly environment: string;
  readonly places: string;
  readonly generators: string;
  /** A table each; an empty text when pauses were not measured. */
  readonly startTimes: string;
  readonly pauses: string;
}

/** Renders what there is, also when not all could be measured. */
export function renderBenchReport(options: BenchOptions, measured: Measured): string {
  const { cells, progress } = measured;
  const { load } = SCENARIOS[0];
  return `# Benchmark

${measured.environment}
${measured.places}
Base row: ${load.clients} clients, pipeline ${load.depth}, get:set ${load.getsPerSet}:1, ${load.valueBytes}-byte values, ${load.keyCount} keys,
uniform, classic protocol, no backup, one worker; every other row varies what its name says.
${measured.generators}
Rounds: ${roundsText(options, progress)}, targets side by side, each cell ${windowsText(cells)}
after at most 1 s of warming up. The table shows medians over the rounds; a ratio
is that of the same round, ± half its range.

${renderCellTable(cells)}
${describeOthers(cells)}

Left out:

${listSkipped(cells)}

## Start

${measured.startTimes}${pausesText(measured.pauses)}`;
}

function pausesText(table: string): string {
  if (table === "") return "";
  return `
## Pauses of the garbage collector

On the clock, after warming up, in a measurement of their own; who else takes the core makes them longer.

${table}`;
}

function roundsText({ rounds }: BenchOptions, done: Readonly<Progress>): string {
  if (done.rounds === rounds) return String(rounds);
  const more = done.cells === 0 ? "" : ` and ${done.cells} cells of the next`;
  return `${done.rounds} of ${rounds}${more} (out of time, or interrupted)`;
}

/** A later round may have shorter windows. */
function windowsText(cells: readonly Cell[]): string {
  const lengths = cells.flatMap(({ samples }) => samples.map(({ seconds }) => seconds));
  if (lengths.length === 0) return "not measured yet";
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)].map((s) => s.toFixed(1));
  return least === most ? `${least} s` : `${least} to ${most} s`;
}

/** One line per reason: a target, and the rows it has no cell in. */
function listSkipped(cells: readonly Cell[]): string {
  const rows = new Map<string, string[]>();
  for (const { skipped, target, scenario } of cells) {
    if (skipped === null) continue;
    const reason = `${target}: ${skipped}`;
    rows.set(reason, [...rows.get(reason) ?? [], scenario.name]);
  }
  const lines = [...rows].map(([reason, names]) => `- ${reason} (${names.join(", ")})`);
  return lines.length === 0 ? "nothing" : lines.join("\n");
}

function describeOthers(cells: readonly Cell[]): string {
  const shares = cells.flatMap((cell) => cell.samples).map(othersShare);
  if (shares.length === 0) return "Nothing could be measured.";
  const [usual, most] = [median(shares), Math.max(...shares)].map((share) =>
    Math.round(share * 100)
  );
  return `Other programs had ${usual} % of the two cores (median over all windows), at most ${most} %.`;
}
