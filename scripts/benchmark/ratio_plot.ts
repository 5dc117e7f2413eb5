/**
 * The result as a plot: per row and target, a bar relative to nutcracker.
 *
 *   requests/s      |■■■■■■■■■|■■■■          1.00 is the line; right of it is more
 *   CPU/request     |■■■■■    |
 */

import { type Cell, findCell, type Measure, ratioOf } from "./cell.ts";
import { REFERENCE_LABEL } from "./target.ts";

const BAR_HEIGHT = 11;
const ROW_GAP = 14;
const NAME_WIDTH = 110;
const PANEL_WIDTH = 330;
const PANEL_GAP = 70;
const TOP = 62;
/** Longer bars are cut, and their number says so. */
const RATIO_MAX = 3;
const COLORS = ["#5b8def", "#f2a541", "#58b09c", "#b07aa1", "#9c755f", "#8c8c8c"];

const PANELS: readonly { readonly title: string; readonly measure: Measure }[] = [
  { title: "requests/s × nutcracker (more is better)", measure: "requestsPerSecond" },
  { title: "proxy CPU per request × nutcracker (less is better)", measure: "proxyMicros" },
];

/** An SVG document with the ratios of every row that nutcracker was measured in. */
export function renderRatioPlot(cells: readonly Cell[]): string {
  const rows = [...new Set(cells.map((cell) => cell.scenario.name))].filter((name) => {
    const reference = findCell(cells, { scenario: name, target: REFERENCE_LABEL });
    return reference !== null && reference.failure === null && reference.samples.length > 0;
  });
  const targets = [...new Set(cells.map((cell) => cell.target))]
    .filter((target) => target !== REFERENCE_LABEL);
  const rowHeight = targets.length * BAR_HEIGHT + ROW_GAP;
  const width = NAME_WIDTH + PANELS.length * (PANEL_WIDTH + PANEL_GAP);
  const height = TOP + rows.length * rowHeight + 10;
  const parts = [legend(targets)];
  PANELS.forEach((panel, index) => {
    const left = NAME_WIDTH + index * (PANEL_WIDTH + PANEL_GAP);
    parts.push(text(left, TOP - 14, panel.title), referenceLine(left, height));
    rows.forEach((name, row) => {
      const top = TOP + row * rowHeight;
      if (index === 0) parts.push(text(4, top + BAR_HEIGHT, name));
      parts.push(bars(cells, { name, targets, measure: panel.measure, left, top }));
    });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">\n` +
    `<rect width="100%" height="100%" fill="white"/>\n${parts.join("")}</svg>\n`;
}

function legend(targets: readonly string[]): string {
  return targets.map((target, index) => {
    const left = NAME_WIDTH + index * 140;
    return `<rect x="${left}" y="12" width="10" height="10" fill="${colorOf(index)}"/>\n` +
      text(left + 15, 21, target);
  }).join("");
}

function referenceLine(left: number, height: number): string {
  const x = left + PANEL_WIDTH / RATIO_MAX;
  return `<line x1="${x}" y1="${TOP - 8}" x2="${x}" y2="${height - 8}" stroke="#888"/>\n`;
}

function bars(
  cells: readonly Cell[],
  of: { name: string; targets: readonly string[]; measure: Measure; left: number; top: number },
): string {
  const reference = findCell(cells, { scenario: of.name, target: REFERENCE_LABEL });
  return of.targets.map((target, index) => {
    const cell = findCell(cells, { scenario: of.name, target });
    const ratio = cell === null ? null : ratioOf(cell, reference, of.measure);
    if (ratio === null || ratio.median === 0) return "";
    const width = Math.min(ratio.median, RATIO_MAX) / RATIO_MAX * PANEL_WIDTH;
    const y = of.top + index * BAR_HEIGHT;
    return `<rect x="${of.left}" y="${y}" width="${width.toFixed(1)}" ` +
      `height="${BAR_HEIGHT - 2}" fill="${colorOf(index)}"/>\n` +
      text(of.left + width + 4, y + BAR_HEIGHT - 2, ratio.median.toFixed(2));
  }).join("");
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length];
}

function text(x: number, y: number, words: string): string {
  const safe = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y}">${safe}</text>\n`;
}
