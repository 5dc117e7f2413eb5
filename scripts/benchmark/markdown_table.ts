/**
 * Tables in Markdown.
 */

/** Where the texts of a column stand. */
export type Align = "left" | "right";

/** A table whose lines are equally long; each ends with a newline. */
export function renderTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly Align[],
): string {
  const texts = rows.map((row) => row.map((text) => text.replaceAll("|", "\\|")));
  const widths = heads.map((head, i) => Math.max(3, head.length, ...texts.map((t) => t[i].length)));
  const rule = aligns.map((align, i) =>
    align === "right" ? "-".repeat(widths[i] - 1) + ":" : "-".repeat(widths[i])
  );
  return [heads, rule, ...texts].map((line) => renderLine(line, widths, aligns)).join("");
}

function renderLine(
  texts: readonly string[],
  widths: readonly number[],
  aligns: readonly Align[],
): string {
  const padded = texts.map((text, i) =>
    aligns[i] === "right" ? text.padStart(widths[i]) : text.padEnd(widths[i])
  );
  return `| ${padded.join(" | ")} |\n`;
}
