/**
 * `magent recover status --follow`: shows how far restores are until nothing is left
 * to be put in order.
 *
 *   stats recovery, once a second ─ terminal ──> lines drawn over the last ones
 *                                 └ else ──────> lines that differ, now and then
 */

import type { Runtime } from "../runtime/runtime.ts";
import { LineClient } from "./line_client.ts";
import { barLines, plainLine } from "./recovery_lines.ts";
import { isInOrder, type RecoveryRow, recoveryRows } from "./recovery_rows.ts";

const REFRESH_MS = 1000;
/** Without a terminal, progress alone is worth a line this often. */
const REFRESHES_PER_LINE = 10;
/** Cursor to the beginning of the line above; from here to the end of the screen is blank. */
const LINE_UP = "\x1b[F";
const ERASE_BELOW = "\x1b[J";

/** `server`: name or label of one, null for all. Returns the exit status. */
export async function followRecovery(
  runtime: Runtime,
  path: string,
  server: string | null,
): Promise<number> {
  const client = await LineClient.connect(runtime, { transport: "unix", path });
  const show = runtime.process.terminalColumns() === null ? plainly(runtime) : drawn(runtime);
  try {
    for (;;) {
      const answer = await client.ask("stats recovery");
      const rows = recoveryRows(answer).filter(({ label, name }) =>
        server === null || server === label || server === name
      );
      if (rows.length === 0) return complain(runtime, answer, server);
      show(rows);
      if (rows.every(isInOrder)) return 0;
      await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
    }
  } finally {
    client.close();
  }
}

function complain(runtime: Runtime, answer: string, server: string | null): number {
  const names = recoveryRows(answer).map(({ label, name }) => `${label} (${name})`).join(", ");
  const text = answer.startsWith("ERROR") || server === null
    ? answer || "the proxy has ended\n"
    : `unknown server "${server}": servers are ${names}\n`;
  runtime.process.print("stderr", text);
  return 1;
}

function drawn({ process }: Runtime): (rows: readonly RecoveryRow[]) => void {
  let above = 0;
  return (rows) => {
    // The window may have been made wider or narrower.
    const lines = barLines(rows, process.terminalColumns() ?? Infinity);
    const over = above === 0 ? "" : LINE_UP.repeat(above) + ERASE_BELOW;
    process.print("stdout", `${over}${lines.join("\n")}\n`);
    above = lines.length;
  };
}

function plainly({ process }: Runtime): (rows: readonly RecoveryRow[]) => void {
  const printed = new Map<string, { line: string; state: string; refresh: number }>();
  let refresh = 0;
  return (rows) => {
    refresh++;
    for (const row of rows) {
      const line = plainLine(row);
      const state = `${row.state} ${row.settling} ${row.restore?.waits}`;
      const last = printed.get(row.label);
      const changed = last?.state !== state ||
        (last.line !== line && refresh - last.refresh >= REFRESHES_PER_LINE);
      if (!changed) continue;
      printed.set(row.label, { line, state, refresh });
      process.print("stdout", `${line}\n`);
    }
  };
}
