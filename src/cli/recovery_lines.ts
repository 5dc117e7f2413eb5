/**
 * Rows of `magent recover status --follow`: a bar for a terminal, plain text for
 * whatever else reads along.
 *
 *   main_1 127.0.0.1:11211 restoring [#####---------------]  25 %  250000/1000000  41000/s  18 s
 */

import type { RecoveryRow } from "./recovery_rows.ts";

const BAR_COLUMNS = 20;

/** One line for each row, no longer than the terminal is wide. */
export function barLines(rows: readonly RecoveryRow[], columns: number): readonly string[] {
  const heads = rows.map(({ label, name, state }) => `${label} ${name} ${state}`);
  const width = Math.max(0, ...heads.map((head) => head.length));
  return rows.map((row, at) => {
    const head = heads[at].padEnd(width);
    if (row.restore === null) return `${head}${row.settling ? " settling" : ""}`.trimEnd();
    return `${head} ${bar(shareOf(row.restore))} ${numbersOf(row.restore)}`;
  }).map((line) => line.slice(0, columns));
}

/** One line without a bar. */
export function plainLine({ label, name, state, settling, restore }: RecoveryRow): string {
  const doing = restore !== null ? ` ${numbersOf(restore)}` : settling ? " settling" : "";
  return `${label} ${name} ${state}${doing}`;
}

function shareOf({ keys, done }: { keys: number; done: number }): number {
  return keys === 0 ? 0 : Math.min(1, done / keys);
}

function bar(share: number): string {
  const full = Math.floor(share * BAR_COLUMNS);
  return `[${"#".repeat(full)}${"-".repeat(BAR_COLUMNS - full)}]`;
}

function numbersOf(restore: NonNullable<RecoveryRow["restore"]>): string {
  const { keys, done, rate, etaSeconds, waits } = restore;
  const percent = `${Math.floor(100 * shareOf(restore))}`.padStart(3);
  const counts = `${percent} %  ${done}/${keys}`;
  if (waits !== "") return `${counts}  ${waits}`;
  return `${counts}  ${rate}/s${etaSeconds === null ? "" : `  ${etaSeconds} s`}`;
}
