import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { HeldValues } from "../../src/recovery/held_values.ts";
import { Journal } from "../../src/recovery/journal.ts";
import { Refills } from "../../src/recovery/refills.ts";
import { CopyOrder } from "../../src/route/copy_order.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination, hitOf } from "../support/fake_destination.ts";
import { settled } from "../support/settled.ts";
import { LOOK, LOOK_AGAIN, RefillsStage } from "./refills_stage.ts";

test("Refills adds what the copy holds, and trusts the key when the copy is still the same", async () => {
  const stage = new RefillsStage();
  await stage.found("v", "5", { flags: 3, ttl: 100 });
  assertEquals(stage.server.received, ["ms k 1 c ME F3 T99\r\nv\r\n"]);
  await stage.added("9");
  assertEquals([stage.copy.received, stage.journal.missed.size], [[LOOK, LOOK_AGAIN], 1]);
  await stage.found("v", "5", { flags: 3, ttl: 99 });
  assertEquals([stage.whole, stage.journal.size], [true, 0]);
  const none = { absent: 0, overtaken: 0, failed: 0, postponed: 0, large: 0 };
  assertEquals(stage.counts, JSON.stringify({ refilled: 1, ...none }));
});

test("Refills leaves alone what the copy has not, or not for long", async () => {
  for (const ttl of [null, 0, 1]) {
    const stage = new RefillsStage();
    if (ttl === null) await stage.fromCopy("EN");
    else await stage.found("v", "5", { ttl });
    assertEquals([stage.whole, stage.journal.size, stage.server.received], [true, 0, []]);
    assertEquals(stage.refills.counters.absent, 1);
  }
});

test("Refills leaves alone what somebody has written since", async () => {
  const stage = new RefillsStage();
  await stage.found("v", "5");
  await stage.fromServer("NOT_STORED");
  assertEquals([stage.whole, stage.journal.size], [true, 0]);
  assertEquals(stage.refills.counters.overtaken, 1);
});

test("Refills takes back what changed at the copy meanwhile, and begins again", async () => {
  const stage = new RefillsStage();
  await stage.found("old", "5");
  await stage.added("9");
  await stage.found("new", "6");
  assertEquals(stage.server.received.at(-1), "md k C9\r\n");
  await stage.fromServer("HD");
  await stage.found("new", "6");
  assertEquals(stage.server.received.at(-1), "ms k 3 c ME F0 T0\r\nnew\r\n");
  await stage.added("10");
  await stage.found("new", "6");
  assertEquals([stage.whole, stage.journal.size], [true, 0]);
  assertEquals(stage.refills.counters.refilled, 1);
});

test("Refills takes back a value that was touched at the copy meanwhile", async () => {
  for (const ttl of [50, -1, 120]) {
    const stage = new RefillsStage();
    await stage.found("v", "5", { ttl: 100 });
    await stage.added("9");
    await stage.found("v", "5", { ttl });
    assertEquals(stage.server.received.at(-1), "md k C9\r\n");
  }
});

test("Refills keeps what was written over its addition", async () => {
  const stage = new RefillsStage();
  await stage.found("old", "5");
  await stage.added("9");
  await stage.fromCopy("EN");
  await stage.fromServer("EXISTS");
  assertEquals([stage.whole, stage.journal.size], [true, 0]);
  assertEquals(stage.refills.counters.overtaken, 1);
});

test("Refills gives a key up that changes each time, and lets it wait", async () => {
  const stage = new RefillsStage();
  for (let round = 0; round < 3; round++) {
    assertEquals(stage.whole, null);
    await stage.found("v", `${round}0`);
    await stage.added(`${round}`);
    await stage.found("v", `${round}1`);
    await stage.fromServer("NOT_FOUND");
  }
  assertEquals([stage.whole, [...stage.journal.waiting]], [true, ["k"]]);
  assertEquals([...stage.journal.cleared], ["k"]);
});

test("Refills lets a key wait whose copy fails, and recalls it when that may answer", async () => {
  const stage = new RefillsStage();
  await stage.lost(stage.copy);
  assertEquals([stage.whole, stage.counts.includes('"failed":1')], [true, true]);
  assertEquals([[...stage.journal.waiting], [...stage.journal.missed]], [["k"], []]);
  stage.copyMayAnswer = false;
  stage.refills.recall();
  stage.copy.usable = false;
  stage.copyMayAnswer = true;
  stage.refills.recall();
  stage.copy.usable = true;
  stage.beingRestored.add(stage.copy);
  stage.refills.recall();
  assertEquals([...stage.journal.waiting], ["k"]);
  stage.beingRestored.clear();
  stage.refills.recall();
  assertEquals([[...stage.journal.waiting], [...stage.journal.missed]], [[], ["k"]]);
  assertEquals(stage.journal.cleared.size, 0);
});

test("Refills leaves a key missed that the server may hold in an old state", async () => {
  const adding = new RefillsStage();
  await adding.found("v", "5");
  await adding.lost(adding.server);
  assertEquals([adding.whole, [...adding.journal.missed]], [false, ["k"]]);

  const undoing = new RefillsStage();
  await undoing.found("v", "5");
  await undoing.added("9");
  await undoing.fromCopy("EN");
  await undoing.lost(undoing.server);
  assertEquals([undoing.whole, [...undoing.journal.missed]], [false, ["k"]]);

  const restarted = new RefillsStage();
  await restarted.found("v", "5");
  await restarted.added("9");
  restarted.server.epoch++;
  await restarted.fromCopy("EN");
  assertEquals([restarted.whole, [...restarted.journal.missed]], [false, ["k"]]);
});

test("Refills trusts nothing that a copy says of two lives", async () => {
  const stage = new RefillsStage();
  await stage.found("v", "5");
  await stage.added("9");
  stage.copy.epoch++;
  await stage.found("v", "5");
  assertEquals(stage.server.received.at(-1), "md k C9\r\n");
  await stage.fromServer("HD");
  assertEquals([...stage.journal.waiting], ["k"]);
});

test("Refills leaves a key missed that was missed again", async () => {
  const stage = new RefillsStage();
  await stage.found("v", "5");
  stage.journal.add("k");
  await stage.added("9");
  await stage.found("v", "5");
  assertEquals([stage.whole, [...stage.journal.missed]], [true, ["k"]]);
});

test("Refills takes back what it may have added behind a flush", async () => {
  const stage = new RefillsStage();
  await stage.found("v", "5");
  stage.refills.flushBegins();
  await stage.added("9");
  await stage.found("v", "5");
  assertEquals(stage.server.received.at(-1), "md k C9\r\n");
  await stage.fromServer("HD");
  assertEquals([stage.whole, [...stage.journal.waiting]], [true, ["k"]]);
});

test("Refills lets a key wait that a flush is still to take away", async () => {
  const stage = new RefillsStage();
  await stage.found("v", "5");
  stage.flushMissed = true;
  await stage.added("9");
  await stage.found("v", "5");
  const { missed, cleared, waiting } = stage.journal;
  assertEquals([stage.whole, [...missed], [...cleared], [...waiting]], [true, [], ["k"], ["k"]]);
});

test("Refills puts nothing back while a flush is under way", async () => {
  const stage = new RefillsStage([]);
  stage.journal.add("k");
  stage.refills.flushBegins();
  assertEquals(await stage.refills.run(["k"]), true);
  assertEquals([[...stage.journal.waiting], stage.copy.received], [["k"], []]);
  stage.refills.flushEnds();
  stage.refills.recall();
  stage.journal.lastRoundBegins();
  void stage.refills.run(["k"]);
  assertEquals(stage.copy.received, [LOOK]);
});

test("Refills holds the key while it is under way, and waits for what is", async () => {
  const order = new CopyOrder();
  const server = new FakeDestination("server");
  const copy = new FakeDestination("copy");
  const journal = new Journal(10);
  const refills = new Refills({
    journal,
    order,
    held: new HeldValues(1000),
    unixTime: () => 0,
    copiesOf: () => ({ main: server, backup: copy }),
    flushMissed: () => false,
    beingRestored: () => false,
    knows: () => true,
    clock: new FakeClock(),
    graceMs: 2000,
    missedAgain: () => {},
  });
  const earlier = order.begin("k");
  journal.add("k");
  void refills.run(["k"]);
  assertEquals(copy.received, []);
  order.settle("k", earlier, null);
  assertEquals(copy.received, [LOOK]);
  let later = false;
  order.inTurn("k", () => later = true);
  assertEquals(later, false);
  copy.answer("EN");
  await settled();
  assertEquals(later, true);
});

test("Refills asks nobody where a server has no meta, and lets the restore do its work", async () => {
  const plain = new RefillsStage([]);
  plain.copy.speaksMeta = false;
  plain.journal.add("k");
  assertEquals(await plain.refills.run(["k"]), true);
  assertEquals([[...plain.journal.cleared], plain.journal.waiting.size], [["k"], 0]);

  const restoring = new RefillsStage([]);
  restoring.beingRestored.add(restoring.server);
  restoring.journal.add("k");
  assertEquals(await restoring.refills.run(["k"]), true);
  restoring.refills.recall();
  assertEquals([...restoring.journal.waiting], ["k"]);
  assertEquals([plain.copy.received, restoring.copy.received], [[], []]);
});

test("Refills gives back the right to renew a stale value, and puts it back nowhere", async () => {
  const stage = new RefillsStage();
  const reply = hitOf("v");
  reply.stale = reply.won = true;
  stage.copy.answerWith(reply);
  await settled();
  assertEquals(stage.copy.received, [LOOK, "md k I\r\n"]);
  await stage.fromCopy("OK");
  assertEquals([stage.whole, stage.journal.size, stage.server.received], [true, 0, []]);
});
