/**
 * The command line of the benchmark.
 */

import { parseArgs } from "node:util";
import { VERSION } from "../../src/version.ts";
import { hostTarget } from "../compiling/compile_target.ts";
import { type Scenario, SCENARIOS } from "./scenario.ts";

/** What can be measured, in the order of the table. */
export const TARGET_NAMES = [
  "direct",
  "nutcracker",
  "deno",
  "bun",
  "compiled",
  "deno-before",
  "bun-before",
] as const;

/** One thing that is measured. */
export type TargetName = typeof TARGET_NAMES[number];

/** The generators to choose from; `auto` is memtier where it is on PATH. */
const LOAD_NAMES = ["own", "memtier", "auto"] as const;

/** One of these. */
export type LoadName = typeof LOAD_NAMES[number];

/** What one run of the benchmark does. */
export interface BenchOptions {
  readonly rounds: number;
  /** The measured part of one cell. */
  readonly seconds: number;
  /** The part before it, in which compilers and caches warm up. */
  readonly warmSeconds: number;
  readonly scenarios: readonly Scenario[];
  readonly targets: readonly TargetName[];
  /** Where the compiled binary is looked for. */
  readonly binaryPath: string;
  /** Another checkout of magent to compare with; null for none. */
  readonly beforeFolder: string | null;
  /** Whether pauses of the garbage collectors are measured, too. */
  readonly pauses: boolean;
  /** Who makes the loads of rows that memtier can make. */
  readonly load: LoadName;
  /** When all is over; windows are shortened and rounds left out for that. */
  readonly minutes: number;
  /** Files that table and plot are written to. */
  readonly markdownPath: string;
  readonly svgPath: string;
}

const NAMES = SCENARIOS.map(({ name }) => name);
const USUAL_NAMES = SCENARIOS.filter(({ onlyByName }) => !onlyByName).map(({ name }) => name);

/** Where `scripts/compile` puts the binary for this machine. */
const COMPILED = `dist/magent-${VERSION}-${hostTarget()?.name}`;

/** The text that `--help` prints. */
export const BENCH_HELP = `Usage: scripts/bench [options]

Measures memcached without a proxy, nutcracker, and magent on Deno, on Bun and as
compiled binary, side by side on this machine. Prints a table in Markdown, and writes
it and a plot to files.

  --short             the base and four rows, no pauses, under three minutes
  --rows A,B,…        of ${wrapped(USUAL_NAMES)} (all); by name only:
                      ${wrapped(NAMES.filter((name) => !USUAL_NAMES.includes(name)))}
  --targets A,B,…     of ${wrapped(TARGET_NAMES)} (all)
  --rounds N          rounds over all cells; the table shows medians (3)
  --seconds S         measured seconds per cell (2; 1.2 with --short)
  --minutes M         take no longer: shorten windows, but not below three rounds (15;
                      3 with --short)
  --load G            own: the generator that judges every reply; memtier:
                      memtier_benchmark, for the rows it can make; auto: memtier when
                      it is on PATH (own)
  --binary FILE       the compiled binary (what scripts/compile makes)
  --before FOLDER     compare with magent in another checkout too
  --markdown FILE     where the table goes (bench.md)
  --svg FILE          where the plot goes (bench.svg)
  --help              print this
`;

/** A command line that cannot be understood; the message is for the user. */
export class BenchOptionsError extends Error {}

/** Reads the command line; null when help was asked for. Throws `BenchOptionsError`. */
export function parseBenchOptions(args: readonly string[]): BenchOptions | null {
  const values = parseFlags(args);
  if (values.help) return null;
  const short = values.short ?? false;
  const seconds = parseNumber("--seconds", values.seconds ?? (short ? "1.2" : "2"));
  const rows = SCENARIOS.filter((scenario) => short ? scenario.short : !scenario.onlyByName)
    .map(({ name }) => name);
  const wantedRows = parseNames("--rows", values.rows ?? rows.join(","), NAMES);
  return {
    rounds: parseRounds(values.rounds ?? "3"),
    seconds,
    warmSeconds: Math.min(1, seconds / 2),
    scenarios: SCENARIOS.filter(({ name }) => wantedRows.includes(name)),
    targets: parseNames("--targets", values.targets ?? TARGET_NAMES.join(","), TARGET_NAMES),
    binaryPath: values.binary ?? COMPILED,
    beforeFolder: values.before ?? null,
    minutes: parseNumber("--minutes", values.minutes ?? (short ? "3" : "15")),
    pauses: !short,
    load: parseLoad(values.load ?? "own"),
    markdownPath: values.markdown ?? "bench.md",
    svgPath: values.svg ?? "bench.svg",
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        short: { type: "boolean" },
        rows: { type: "string" },
        targets: { type: "string" },
        rounds: { type: "string" },
        seconds: { type: "string" },
        minutes: { type: "string" },
        load: { type: "string" },
        binary: { type: "string" },
        before: { type: "string" },
        markdown: { type: "string" },
        svg: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new BenchOptionsError(error instanceof Error ? error.message : String(error));
  }
}

function parseNumber(flag: string, text: string): number {
  const number = Number(text);
  if (number >= 0.1 && number <= 3600) return number;
  throw new BenchOptionsError(
    `Cannot parse flag "${flag}": must be 0.1 to 3600: current value is "${text}"`,
  );
}

function parseLoad(text: string): LoadName {
  const name = LOAD_NAMES.find((one) => one === text);
  if (name !== undefined) return name;
  throw new BenchOptionsError(
    `Cannot parse flag "--load": must be of ${LOAD_NAMES.join(", ")}: current value is "${text}"`,
  );
}

function parseRounds(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new BenchOptionsError(
    `Cannot parse flag "--rounds": must be a whole number from 1 to 1000: ` +
      `current value is "${text}"`,
  );
}

/** In the order of the table, whatever the order on the command line. */
function parseNames<Name extends string>(
  flag: string,
  text: string,
  known: readonly Name[],
): Name[] {
  const wanted = text.split(",");
  for (const name of wanted) {
    if (known.some((one) => one === name)) continue;
    throw new BenchOptionsError(
      `Cannot parse flag "${flag}": must be of ${known.join(", ")}: current value is "${name}"`,
    );
  }
  return known.filter((name) => wanted.includes(name));
}

/** Names in lines that fit beside their flag. */
function wrapped(names: readonly string[]): string {
  const lines = [""];
  for (const name of names) {
    if (lines[lines.length - 1].length + name.length > 54) lines.push("");
    lines[lines.length - 1] += `${name},`;
  }
  return lines.join(`\n${" ".repeat(22)}`).slice(0, -1);
}
