/**
 * The result as a table in Markdown, one row per cell.
 */

import { type Cell, findCell, type Measure, type Middle, middleOf, ratioOf } from "./cell.ts";
import { renderTable } from "./markdown_table.ts";
import { REFERENCE_LABEL } from "./target.ts";

/** Below this the proxy waits for the load, so its requests/s say little. */
const BUSY_ENOUGH = 0.9;

interface Column {
  readonly head: string;
  readonly text: (cell: Cell, cells: readonly Cell[]) => string;
}

const COLUMNS: readonly Column[] = [
  measured("requests/s", "requestsPerSecond", (value) => String(Math.round(value))),
  toReference("× nutcracker", "requestsPerSecond"),
  measured("proxy µs/request", "proxyMicros", (value) => value.toFixed(2)),
  toReference("× nutcracker", "proxyMicros"),
  toBase("× base row", "proxyMicros"),
  measured("servers µs/request", "serverMicros", (value) => value.toFixed(2)),
  measured("p50 µs", "p50Micros", (value) => value.toFixed(0)),
  toReference("× nutcracker", "p50Micros"),
  measured("p99 µs", "p99Micros", (value) => value.toFixed(0)),
  toReference("× nutcracker", "p99Micros"),
  measured("p99.9 µs", "p999Micros", (value) => value.toFixed(0)),
  measured("peak MB", "proxyPeakBytes", (value) => (value / 1e6).toFixed(0)),
  measured("proxy core %", "proxyBusy", (value) => (value * 100).toFixed(0)),
  measured("load µs/request", "loadMicros", (value) => value.toFixed(2)),
];

/** What only a proxy has. */
const OF_PROXY: readonly Measure[] = ["proxyMicros", "proxyPeakBytes", "proxyBusy"];

/** Renders the cells that are measured, in the order given; a line ends with a newline. */
export function renderCellTable(cells: readonly Cell[]): string {
  const heads = ["row", "target", ...COLUMNS.map((column) => column.head), "note"];
  const aligns = ["left", "left", ...COLUMNS.map(() => "right" as const), "left"] as const;
  const rows = cells.filter(({ skipped }) => skipped === null).map((cell) => [
    cell.scenario.name,
    cell.target,
    ...COLUMNS.map((column) => column.text(cell, cells)),
    noteOf(cell),
  ]);
  return renderTable(heads, rows, aligns);
}

function measured(head: string, measure: Measure, text: (value: number) => string): Column {
  return {
    head,
    text: (cell) => {
      if (!cell.hasProxy && OF_PROXY.includes(measure)) return "";
      const middle = middleOf(cell, measure);
      return middle === null ? "" : text(middle.median);
    },
  };
}

function toReference(head: string, measure: Measure): Column {
  return {
    head,
    text: (cell, cells) => {
      const of = { scenario: cell.scenario.name, target: REFERENCE_LABEL };
      return ratioText(cell, { other: findCell(cells, of), measure });
    },
  };
}

function toBase(head: string, measure: Measure): Column {
  return {
    head,
    text: (cell, cells) => {
      const of = { scenario: cell.scenario.base, target: cell.target };
      const other = findCell(cells, of);
      // Two generators ask differently, and so cost a proxy different work.
      if (other === cell || other?.generator !== cell.generator) return "";
      return ratioText(cell, { other, measure });
    },
  };
}

function ratioText(cell: Cell, to: { other: Cell | null; measure: Measure }): string {
  if (!cell.hasProxy && OF_PROXY.includes(to.measure)) return "";
  const ratio: Middle | null = ratioOf(cell, to.other, to.measure);
  if (ratio === null) return "";
  if (to.other === cell) return "1.00";
  return `${ratio.median.toFixed(2)} ±${ratio.spread.toFixed(2)}`;
}

function noteOf(cell: Cell): string {
  if (cell.failure !== null) return cell.failure;
  const notes: string[] = [];
  const busy = middleOf(cell, "proxyBusy");
  if (cell.hasProxy && busy !== null && busy.median < BUSY_ENOUGH) {
    notes.push("proxy core not full: CPU per request decides");
  }
  if (cell.repeated > 0) notes.push(`failed measurements that were repeated: ${cell.repeated}`);
  return notes.join("; ");
}
