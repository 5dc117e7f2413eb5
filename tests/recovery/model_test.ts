/** What recovery promises, on random schedules over simulated servers. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MODEL_MODES, OTHER_MODES } from "./model_modes.ts";
import type { ModelOptions } from "./model_options.ts";
import { runModel } from "./model_run.ts";

/** `scripts/model_check` runs many more. */
const SCHEDULES = 40;
const TIME_MS = 120_000;

async function assertKept(
  name: string,
  options: ModelOptions,
  promise = /^/,
  schedules = SCHEDULES,
): Promise<void> {
  for (let seed = 1; seed <= schedules; seed++) {
    const { violations, story } = await runModel(seed, options);
    const how = `scripts/model_check --mode ${name} --seed ${seed} --schedules 1`;
    const broken = violations.filter((one) => promise.test(one));
    assertEquals(broken, [], `${how}\n${story.join("\n")}`);
  }
}

for (const [name, options] of Object.entries(MODEL_MODES)) {
  const what = `Recovery keeps its promises on random schedules: ${name}`;
  test(what, { timeout: TIME_MS }, () => assertKept(name, options));
}

test("Two proxies that agree read nothing old on random schedules", {
  timeout: TIME_MS,
}, async () => {
  const name = "two-proxies-agreed";
  await assertKept(name, { ...OTHER_MODES[name], peaceMs: 2000 }, /^I1, I2, I5/);
});
