import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { settled } from "../support/settled.ts";
import { HELD_BYTES, RefillsStage } from "./refills_stage.ts";

/** The key was put back, and the grace is over. */
async function lookedAgain(): Promise<RefillsStage> {
  const stage = new RefillsStage();
  await stage.found("v", "5", { ttl: 100 });
  await stage.added("9");
  await stage.found("v", "5", { ttl: 100 });
  stage.clock.advance(2000);
  return stage;
}

test("Refills looks once more whether the copy was changed by others meanwhile", async () => {
  const well = await lookedAgain();
  await well.found("v", "5", { ttl: 98 });
  await well.atServer("v", "9", { ttl: 97 });
  assertEquals(well.journal.size, 0);
  assertEquals(well.clock.pending, 0);

  const deleted = await lookedAgain();
  await deleted.fromCopy("EN");
  await deleted.atServer("v", "9", { ttl: 97 });
  assertEquals([...deleted.journal.missed], ["k"]);
  assertEquals(deleted.refills.looks.counters.corrected, 1);

  const touched = await lookedAgain();
  await touched.found("v", "5", { ttl: 10 });
  await touched.atServer("v", "9", { ttl: 97 });
  assertEquals([...touched.journal.missed], ["k"]);
});

test("Refills keeps what was written on both since, and asks nothing of who fails", async () => {
  const written = await lookedAgain();
  await written.found("new", "6");
  await written.atServer("new", "10");
  const copyAway = await lookedAgain();
  await copyAway.lost(copyAway.copy);
  const serverAway = await lookedAgain();
  await serverAway.fromCopy("EN");
  await serverAway.lost(serverAway.server);
  for (const { journal } of [written, copyAway, serverAway]) assertEquals(journal.size, 0);
});

test("Refills leaves alone what the copy holds again because it was put back from the server", async () => {
  const stage = await lookedAgain();
  // Without the values, and because the copy has changed, with them.
  for (const _ of ["without", "with"]) {
    await stage.found("v", "17", { ttl: 96 });
    await stage.atServer("v", "9", { ttl: 97 });
  }
  assertEquals([stage.journal.size, stage.clock.pending], [0, 0]);

  const changed = await lookedAgain();
  for (const _ of ["without", "with"]) {
    await changed.found("w", "17", { ttl: 96 });
    await changed.atServer("v", "9", { ttl: 97 });
  }
  assertEquals([...changed.journal.missed], ["k"]);
});

test("Refills puts back once more what changed at the copy and is too large to compare", async () => {
  const stage = await lookedAgain();
  await stage.found("v", "17", { ttl: 96 });
  await stage.atServer("v", "9", { ttl: 97 });
  await stage.foundInParts(stage.copy, "v".repeat(HELD_BYTES), "17");
  assertEquals([...stage.journal.missed], ["k"]);
});

test("Refills looks later at keys whose copy lacks them for now, or cannot be asked", async () => {
  const stage = await lookedAgain();
  stage.copyKnows = false;
  await stage.fromCopy("EN");
  await stage.atServer("v", "9", { ttl: 97 });
  stage.clock.advance(2000);
  await stage.lost(stage.copy);
  stage.copyMayAnswer = false;
  stage.clock.advance(2000);
  await settled();
  assertEquals([stage.journal.size, stage.copy.waiting.length], [0, 0]);
  stage.copyMayAnswer = true;
  stage.copyKnows = true;
  stage.clock.advance(2000);
  await stage.fromCopy("EN");
  await stage.atServer("v", "9", { ttl: 97 });
  assertEquals([...stage.journal.missed], ["k"]);
});

test("Refills finds what others stored at the copy of a key that was nowhere", async () => {
  const stage = new RefillsStage();
  await stage.fromCopy("EN");
  stage.clock.advance(2000);
  await stage.found("new", "6");
  await stage.fromServer("EN");
  assertEquals([...stage.journal.missed], ["k"]);
});

test("Refills looks no more at what its copy lacks where the server has nothing to take back", async () => {
  const written = await lookedAgain();
  written.copyKnows = false;
  await written.fromCopy("EN");
  await written.atServer("new", "10");

  const gone = await lookedAgain();
  gone.copyKnows = false;
  await gone.fromCopy("EN");
  await gone.fromServer("EN");

  const nowhere = new RefillsStage();
  await nowhere.fromCopy("EN");
  nowhere.clock.advance(2000);
  nowhere.copyKnows = false;
  await nowhere.fromCopy("EN");
  await nowhere.fromServer("EN");
  for (const { journal, clock } of [written, gone, nowhere]) {
    assertEquals([journal.size, clock.pending], [0, 0]);
  }
});
