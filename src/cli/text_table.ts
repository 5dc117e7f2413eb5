/**
 * Rows of words as columns of a terminal.
 *
 *   [["KEY", "HASH"], ["key1", "42"]], right: [1]   ->   KEY   HASH
 *                                                        key1    42
 */

const GAP = "  ";

/** Lines without a newline; the columns named by `right` end at one place, not begin there. */
export function tableLines(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => widths[at] = Math.max(widths[at] ?? 0, cell.length));
  }
  return rows.map((row) =>
    row.map((cell, at) => right.includes(at) ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))
      .join(GAP).trimEnd()
  );
}
