/** Finds the row of the command table for the first word of a line. */

import { type Command, COMMANDS, GET } from "../message/command.ts";
import type { Tokens } from "./tokens.ts";

/** An undocumented name of `get` that memcached still answers. */
const BGET = new TextEncoder().encode("bget");

/** Rows by length and first letter of the name: at most a few to compare. */
const ROWS_BY_HEAD: readonly (readonly Command[])[] = indexRows();

/** The command of the line, null when there is none of that name. */
export function commandAt(bytes: Uint8Array, tokens: Tokens): Command | null {
  const start = tokens.starts[0];
  const rows = ROWS_BY_HEAD[headOf(bytes[start], tokens.ends[0] - start)];
  for (const command of rows) {
    if (tokens.is(bytes, 0, command.nameBytes)) return command;
  }
  return tokens.is(bytes, 0, BGET) ? GET : null;
}

/** Of several rows of one name the first; who parses the line finds the variant. */
function indexRows(): Command[][] {
  const rows: Command[][] = Array.from({ length: 512 }, () => []);
  for (const command of COMMANDS) {
    if (command.shape === "fetch" || command.variant !== "") continue;
    rows[headOf(command.nameBytes[0], command.nameBytes.length)].push(command);
  }
  return rows;
}

function headOf(letter: number, length: number): number {
  return ((letter & 31) << 4) | (length & 15);
}
