/**
 * The result as a table in Markdown, one row per cell.
 */

import { type Cell, type CellSummary, summarizeCell } from "./cell.ts";

/** The target that the others are compared with. */
const REFERENCE = "nutcracker";

/** Below this the proxy waits for the load, so its requests/s say little. */
const BUSY_ENOUGH = 0.9;

/** A row before it is rendered; ratios need the reference of the same load. */
interface Row {
  readonly cell: Cell;
  readonly summary: CellSummary | null;
  readonly reference: CellSummary | null;
}

interface Column {
  readonly head: string;
  readonly align: "left" | "right";
  readonly text: (row: Row) => string;
}

const COLUMNS: readonly Column[] = [
  { head: "clients", align: "right", text: ({ cell }) => String(cell.clients) },
  { head: "pipeline", align: "right", text: ({ cell }) => String(cell.depth) },
  { head: "target", align: "left", text: ({ cell }) => cell.target },
  measured("requests/s", (summary) => String(Math.round(summary.requestsPerSecond))),
  measured("± %", (summary) => (summary.requestsSpread * 100).toFixed(1)),
  ratio((summary) => summary.requestsPerSecond),
  ofProxy("proxy µs/request", (summary) => summary.proxyMicros.toFixed(2)),
  ofProxy("± %", (summary) => (summary.proxyMicrosSpread * 100).toFixed(1)),
  ratio((summary) => summary.proxyMicros),
  ofProxy("proxy core %", (summary) => (summary.proxyBusy * 100).toFixed(0)),
  measured("p50 µs", (summary) => summary.p50Micros.toFixed(0)),
  measured("p99 µs", (summary) => summary.p99Micros.toFixed(0)),
  ofProxy("peak MB", (summary) => (summary.proxyPeakBytes / 1e6).toFixed(0)),
  measured("servers µs/request", (summary) => summary.serverMicros.toFixed(2)),
  measured("load µs/request", (summary) => summary.loadMicros.toFixed(2)),
  { head: "note", align: "left", text: noteOf },
];

/** Renders the cells in the order given; a line ends with a newline. */
export function renderCellTable(cells: readonly Cell[]): string {
  const rows = cells.map((cell) => ({
    cell,
    summary: summarizeCell(cell),
    reference: referenceOf(cell, cells),
  }));
  const lines = rows.map((row) => COLUMNS.map((column) => column.text(row)));
  const heads = COLUMNS.map((column) => column.head);
  const widths = heads.map((head, i) => Math.max(3, head.length, ...lines.map((l) => l[i].length)));
  const rule = COLUMNS.map(({ align }, i) =>
    align === "right" ? "-".repeat(widths[i] - 1) + ":" : "-".repeat(widths[i])
  );
  return [heads, rule, ...lines].map((line) => renderLine(line, widths)).join("");
}

function measured(head: string, text: (summary: CellSummary) => string): Column {
  return { head, align: "right", text: ({ summary }) => summary === null ? "" : text(summary) };
}

function ofProxy(head: string, text: (summary: CellSummary) => string): Column {
  const cellText = ({ cell, summary }: Row) =>
    summary === null || !cell.hasProxy ? "" : text(summary);
  return { head, align: "right", text: cellText };
}

/** A column that compares the value before it with the reference; empty where that has none. */
function ratio(value: (summary: CellSummary) => number): Column {
  const text = ({ summary, reference }: Row) => {
    if (summary === null || reference === null || value(summary) === 0) return "";
    return (value(summary) / value(reference)).toFixed(2);
  };
  return { head: `× ${REFERENCE}`, align: "right", text };
}

function noteOf({ cell, summary }: Row): string {
  if (cell.failure !== null) return cell.failure.replaceAll("|", "\\|");
  if (!cell.hasProxy || summary === null || summary.proxyBusy >= BUSY_ENOUGH) return "";
  return "proxy core not full: CPU per request decides";
}

function referenceOf(cell: Cell, cells: readonly Cell[]): CellSummary | null {
  const found = cells.find((other) =>
    other.target === REFERENCE && other.clients === cell.clients && other.depth === cell.depth
  );
  return found === undefined ? null : summarizeCell(found);
}

function renderLine(texts: readonly string[], widths: readonly number[]): string {
  const padded = texts.map((text, i) =>
    COLUMNS[i].align === "right" ? text.padStart(widths[i]) : text.padEnd(widths[i])
  );
  return `| ${padded.join(" | ")} |\n`;
}
