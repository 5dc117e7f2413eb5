import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MODEL_MODES, OTHER_MODES } from "./model_modes.ts";
import { type ModelOptions, runModel } from "./model_run.ts";
import { dropCompare, hideOldConnections, withReversedWrites } from "./sabotage.ts";

/** `scripts/model_check` runs many more. */
const SCHEDULES = 100;
/** A spoiled proxy must be noticed within so many. */
const SPOILED_SCHEDULES = 1500;
const TIME_MS = 60_000;

for (const [name, options] of Object.entries(MODEL_MODES)) {
  test(
    `Recovery keeps its promises on random schedules: ${name}`,
    { timeout: TIME_MS },
    async () => {
      for (let seed = 1; seed <= SCHEDULES; seed++) {
        const { violations, story } = await runModel(seed, options);
        const how = `scripts/model_check --mode ${name} --seed ${seed} --schedules 1`;
        assertEquals(violations, [], `${how}\n${violations.length > 0 ? story.join("\n") : ""}`);
      }
    },
  );
}

/** The first seed that shows a violation of I1, I2 or I5. */
async function findStale(
  options: ModelOptions,
  schedules = SPOILED_SCHEDULES,
): Promise<number | null> {
  for (let seed = 1; seed <= schedules; seed++) {
    const { violations } = await runModel(seed, options);
    if (violations.some((one) => one.startsWith("I1, I2, I5"))) return seed;
  }
  return null;
}

/** One proxy keeps the order of a key by itself: it takes two to need these. */
const TWO_PROXIES = { ...OTHER_MODES["two-proxies-agreed"], peaceMs: 2000 };

test(
  "Two proxies that agree read nothing old on random schedules",
  { timeout: TIME_MS },
  async () => {
    assertEquals(await findStale(TWO_PROXIES, SCHEDULES), null);
  },
);

test("The model notices a repair that sets without comparing", { timeout: TIME_MS }, async () => {
  const found = await findStale({ ...TWO_PROXIES, sabotage: dropCompare });
  assert(found !== null, `nothing noticed in ${SPOILED_SCHEDULES} schedules`);
});

test(
  "The model notices that a restored main gets changes before its backup",
  { timeout: TIME_MS },
  async () => {
    await withReversedWrites(async () => {
      const found = await findStale(TWO_PROXIES);
      assert(found !== null, `nothing noticed in ${SPOILED_SCHEDULES} schedules`);
    });
  },
);

test("The model notices a second delete that does not come after the late packets", {
  timeout: TIME_MS,
}, async () => {
  const found = await findStale({
    ...MODEL_MODES.sync,
    peaceMs: 2000,
    faults: ["stop", "cut"],
    sabotage: hideOldConnections,
  });
  assert(found !== null, `nothing noticed in ${SPOILED_SCHEDULES} schedules`);
});
