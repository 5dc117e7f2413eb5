/** The model is worth something only if it notices what is spoiled: one seeded fault a test. */

import { test } from "node:test";
import { assert } from "@std/assert";
import { MODEL_MODES, OTHER_MODES } from "./model_modes.ts";
import type { ModelOptions } from "./model_options.ts";
import { runModel } from "./model_run.ts";
import {
  believeAlone,
  dropCompare,
  dropExpiry,
  forgetMissed,
  forgetWritten,
  hideOldConnections,
  ignoreSecondLooks,
  markAllAlike,
  prolongExpiry,
  trustAtOnce,
  withReversedWrites,
} from "./sabotage.ts";

/** A spoiled proxy must be noticed within so many; most are in the first few hundred. */
const SPOILED_SCHEDULES = 4000;
const TIME_MS = 120_000;

/** The first seed, from this one on, that shows a broken promise of this kind; null when none does. */
async function findBroken(
  options: ModelOptions,
  kind: RegExp,
  from: number,
): Promise<number | null> {
  for (let seed = from; seed < from + SPOILED_SCHEDULES; seed++) {
    const { violations } = await runModel(seed, options);
    if (violations.some((one) => kind.test(one))) return seed;
  }
  return null;
}

/** `from` saves time where few schedules show it, and one is known that does. */
async function assertNoticed(options: ModelOptions, kind: RegExp, from = 1): Promise<void> {
  const found = await findBroken(options, kind, from);
  assert(found !== null, `nothing noticed in ${SPOILED_SCHEDULES} schedules`);
}

/** I1, I2, I5, also of parts of a value: what was acknowledged is not there any more. */
const STALE = /^I1, I2, I5|^lacks|^\d+ increments/;

/** One proxy keeps the order of a key by itself: it takes two to need these. */
const TWO_PROXIES = { ...OTHER_MODES["two-proxies-agreed"], keys: 2, peaceMs: 2000 };
/** What goes wrong goes wrong long before all is mended. */
const BRIEF: ModelOptions = { ...MODEL_MODES.sync, peaceMs: 2000 };

test("The model notices a repair that sets without comparing", { timeout: TIME_MS }, async () => {
  await assertNoticed({ ...TWO_PROXIES, sabotage: dropCompare }, STALE);
});

test(
  "The model notices that a restored main gets changes before its backup",
  { timeout: TIME_MS },
  async () => {
    await withReversedWrites(() => assertNoticed(TWO_PROXIES, STALE));
  },
);

test("The model notices a second delete that does not come after the late packets", {
  timeout: TIME_MS,
}, async () => {
  await assertNoticed({ ...BRIEF, faults: ["stop"], sabotage: hideOldConnections }, STALE);
});

test("The model notices that what a server missed is forgotten", { timeout: TIME_MS }, async () => {
  await assertNoticed({ ...BRIEF, sabotage: forgetMissed }, STALE);
});

test("The model notices that what is put back never expires", { timeout: TIME_MS }, async () => {
  const options = { ...MODEL_MODES.sync, peaceMs: 12_000, faults: ["kill"] as const };
  await assertNoticed({ ...options, sabotage: dropExpiry }, /^I3/);
});

test("The model notices that what is put back lives longer", { timeout: TIME_MS }, async () => {
  const options = { ...MODEL_MODES.storm, peaceMs: 12_000, sabotage: prolongExpiry };
  await assertNoticed(options, /^I3/);
});

test("The model notices that a server which came back empty is trusted at once", {
  timeout: TIME_MS,
}, async () => {
  await assertNoticed({ ...BRIEF, faults: ["kill"], sabotage: trustAtOnce }, /^I4/);
});

test(
  "The model notices cas numbers that do not tell processes apart",
  { timeout: TIME_MS },
  async () => {
    await assertNoticed({ ...BRIEF, keys: 2, faults: ["kill"], sabotage: markAllAlike }, /^cas/);
  },
);

test("The model notices workers that do not know together what a server missed", {
  timeout: TIME_MS,
}, async () => {
  const options = { ...MODEL_MODES["two-workers"], workers: false, peaceMs: 2000 };
  await assertNoticed(options, STALE, 1800);
});

/** Nothing is lost for another reason than the fault. */
const BOTH_SLOW: ModelOptions = { ...MODEL_MODES["both-slow"], peaceMs: 5000 };

test("The model notices that a server which misses a key is believed alone", {
  timeout: TIME_MS,
}, async () => {
  await assertNoticed({ ...BOTH_SLOW, sabotage: believeAlone }, /^I4/);
});

test("The model notices that what a server was given does not end what it lacks", {
  timeout: TIME_MS,
}, async () => {
  await assertNoticed({ ...BOTH_SLOW, sabotage: forgetWritten }, /^I4/);
});

/**
 * Two proxies that tell each other nothing: a change through one meets a refill of the other.
 * Without announcements that may be read for a moment, and more goes wrong than a second look can
 * find: it counts what goes wrong only without it.
 */
const SECOND_LOOKS: ModelOptions = {
  ...MODEL_MODES.sync,
  proxies: 2,
  keys: 1,
  inTurns: true,
  kinds: ["set", "delete", "delete"],
  operations: 40,
  trouble: 16,
  faults: ["break"],
  settings: { replication: "sync", boardTickMs: 0 },
  peaceMs: 2000,
};

test("The model notices that nobody corrects what a second look finds", {
  timeout: TIME_MS,
}, async () => {
  const stale = async (seed: number, options: ModelOptions) => {
    const { violations } = await runModel(seed, options);
    return violations.some((one) => STALE.test(one));
  };
  for (let seed = 1; seed <= SPOILED_SCHEDULES; seed++) {
    const spoiled = await stale(seed, { ...SECOND_LOOKS, sabotage: ignoreSecondLooks });
    if (spoiled && !await stale(seed, SECOND_LOOKS)) return;
  }
  assert(false, `nothing noticed in ${SPOILED_SCHEDULES} schedules`);
});
