/** Checks the promises of recovery on random schedules for as long as it is told to. */

import process from "node:process";
import { parseArgs } from "node:util";
import { MODEL_MODES, OTHER_MODES } from "../tests/recovery/model_modes.ts";
import type { ModelOptions } from "../tests/recovery/model_options.ts";
import { runModel } from "../tests/recovery/model_run.ts";

const HELP =
  `Usage: scripts/model_check [--mode NAME]... [--seed N] [--schedules N] [--seconds N] [--all]

Runs random schedules over simulated servers and checks what their clients saw. Two at a time,
with seeds far apart, use two cores.

  --mode NAME      ${Object.keys({ ...MODEL_MODES, ...OTHER_MODES }).join(", ")};
                   default: ${Object.keys(MODEL_MODES).join(", ")}, in turn
  --seed N         the first seed; default: from the clock
  --schedules N    default 100000; with 1, the whole story is told
  --seconds N      stop after this time
  --all            go on after a violation
`;
const REPORT_MS = 10_000;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      mode: { type: "string", multiple: true, default: Object.keys(MODEL_MODES) },
      seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
      schedules: { type: "string", default: "100000" },
      seconds: { type: "string", default: "Infinity" },
      all: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const modes = values.mode.map((name) => ({ ...MODEL_MODES, ...OTHER_MODES })[name]);
  if (values.help || modes.includes(undefined!)) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  return await check({
    names: values.mode,
    modes,
    seed: Number(values.seed),
    schedules: Number(values.schedules),
    seconds: Number(values.seconds),
    goesOn: values.all,
  });
}

interface Check {
  readonly names: readonly string[];
  readonly modes: readonly ModelOptions[];
  readonly seed: number;
  readonly schedules: number;
  readonly seconds: number;
  readonly goesOn: boolean;
}

async function check({ names, modes, seed, schedules, seconds, goesOn }: Check): Promise<number> {
  console.log(`seed ${seed}: ${schedules} schedules of ${names.join(", ")}`);
  const startMs = performance.now();
  let reportedMs = startMs;
  let done = 0;
  let broken = 0;
  for (; done < schedules; done++) {
    const at = done % modes.length;
    const traced = schedules === 1;
    const outcome = await runModel(seed + done, { ...modes[at], traced });
    if (traced) console.log(outcome.story.join("\n"));
    if (outcome.violations.length > 0) {
      broken++;
      console.log(
        `--mode ${names[at]} --seed ${seed + done} --schedules 1: ${outcome.violations[0]}`,
      );
      if (!goesOn) break;
    }
    const nowMs = performance.now();
    if (nowMs - startMs > 1000 * seconds) break;
    if (nowMs - reportedMs < REPORT_MS) continue;
    reportedMs = nowMs;
    console.log(`${done + 1} schedules, ${broken} broken`);
  }
  const took = (performance.now() - startMs) / 1000;
  const pace = `${took.toFixed(1)} s, ${(done / took).toFixed(0)} a second`;
  console.log(`seed ${seed}: ${done} schedules in ${pace}, ${broken} broken`);
  return broken === 0 ? 0 : 1;
}
