import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { FETCH } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import type { Destination } from "../../src/route/route.ts";
import { LatencyHistogram } from "../../src/stats/latency_histogram.ts";
import { toBytes } from "../support/latin1.ts";
import { FakeRestoreSource, keys, RestoreStage, SlowRestoreSource } from "./restore_stage.ts";

test("Restore repairs the keys of its server and no others, and ends without a timer", async () => {
  const stage = new RestoreStage([new FakeRestoreSource([["k1", "other", "k2"]])]);
  await stage.pass(100);
  assertEquals(stage.repaired, ["k1", "k2"]);
  assertEquals([stage.end, stage.clock.pending], ["complete", 0]);
});

test("Restore works one class off before it reads the next", async () => {
  const classes = [keys(20, "a"), keys(20, "b"), keys(20, "c")];
  // Room for one class of names only.
  const stage = new RestoreStage([new FakeRestoreSource(classes)], { spoolBytes: 80 });
  await stage.pass(200);
  assertEquals(stage.repaired, classes.flat());
  assertEquals([stage.end, stage.restore.progress.left], ["complete", 0]);
});

test("Restore reads a source in rounds when its spool has no room for all keys", async () => {
  const source = new FakeRestoreSource([[...keys(90), ...keys(90, "other")]]);
  const stage = new RestoreStage([source], { spoolBytes: 120, keysPerSecond: 1e6 });
  await stage.pass(1000);
  assertEquals(new Set(stage.repaired), new Set(keys(90)));
  assertEquals([source.reads, stage.end, stage.restore.progress.left], [7, "complete", 0]);
});

test("Restore counts what its spool has no room for in any round", async () => {
  const alike = Array.from({ length: 30 }, () => "same");
  const stage = new RestoreStage([new FakeRestoreSource([alike])], {
    spoolBytes: 50,
    keysPerSecond: 1e6,
  });
  await stage.pass(1000);
  assertEquals([stage.restore.progress.left, stage.end], [20, "partial"]);
});

test("Restore keeps to its rate, waits while it is held, and tells how far it is", async () => {
  const names = [...keys(300), ...keys(300, "other")];
  const stage = new RestoreStage([new FakeRestoreSource([names])], {
    keysPerSecond: 20,
    spoolBytes: 9999,
  });
  await stage.pass(10_000);
  const { done, keys: all, rate, etaSeconds } = stage.restore.progress;
  assertEquals([all, rate, done >= 199 && done <= 201], [300, 20, true]);
  assertEquals(etaSeconds !== null && Math.abs(etaSeconds - 5) <= 1, true);
  assertEquals(stage.reports.length, 1);
  stage.restore.pace.held = true;
  await stage.pass(30_000);
  assertEquals(stage.restore.progress.done, done);
  assertEquals(stage.reports.at(-1), `${done} of 300 keys, paused: operator`);
  stage.restore.pace.held = false;
  await stage.pass(6000);
  assertEquals([stage.end, stage.repaired.length], ["complete", 300]);
});

test("Restore has no more repairs under way than its window", async () => {
  const stage = new RestoreStage([new FakeRestoreSource([keys(800)])], {
    keysPerSecond: 1e6,
    spoolBytes: 1 << 20,
  });
  stage.hold();
  await stage.pass(100);
  assertEquals(stage.repaired.length, 512);
  stage.finish();
  await stage.pass(100);
  assertEquals([stage.repaired.length, stage.end], [800, null]);
  stage.finish();
  await stage.pass(100);
  assertEquals(stage.end, "complete");
});

test("Restore waits for a source that is away, and reads one again that was lost", async () => {
  const source = new FakeRestoreSource([["k"]], ["lost"]);
  source.ready = false;
  const stage = new RestoreStage([source]);
  await stage.pass(5000);
  assertEquals([source.reads, stage.restore.progress.waitsFor], [0, "copy:1"]);
  source.ready = true;
  await stage.pass(2000);
  assertEquals([source.reads, stage.end], [1, null]);
  await stage.pass(2000);
  assertEquals([source.reads, stage.end, stage.repaired.length], [2, "complete", 2]);
});

test("Restore ends when a source refuses, when its server is lost, when it is cancelled", async () => {
  const refused = new RestoreStage([new FakeRestoreSource([["k"]], ["refused"])]);
  await refused.pass(100);
  assertEquals(refused.end, "partial");
  const lost = new RestoreStage([new FakeRestoreSource([keys(9)])]);
  lost.main.usable = false;
  await lost.pass(100);
  assertEquals([lost.end, lost.repaired.length], ["failed", 1]);
  for (const end of ["cancel", "abort"]) {
    const stage = new RestoreStage([new FakeRestoreSource([keys(9)])], { keysPerSecond: 1 });
    await stage.pass(1000);
    if (end === "cancel") stage.restore.cancel();
    else stage.abort.abort();
    await stage.pass(100);
    assertEquals([stage.end, stage.clock.pending], ["cancelled", 0]);
  }
});

test("Restore ends when its server is full", async () => {
  const stage = new RestoreStage([new FakeRestoreSource([keys(900)])], {
    keysPerSecond: 10,
    spoolBytes: 9999,
  });
  for (let second = 0; second < 32; second++) {
    stage.evictions = second;
    await stage.pass(1000);
  }
  assertEquals(stage.end, "full");
});

test("Restore goes through all keys of a server that has no room for some, and ends as with a full one", async () => {
  const stage = new RestoreStage([new FakeRestoreSource([keys(9)])]);
  stage.outcomeOf = (key) => key === "k3" ? "refused" : "filled";
  await stage.pass(100);
  assertEquals([stage.end, stage.repaired.length], ["full", 9]);
});

test("Restore has failed when a repair of its own did, and not when one for a client did", async () => {
  const ends = [["failed", "failed"], ["skipped", "failed"], ["overtaken", "complete"]] as const;
  for (const [outcome, end] of ends) {
    const stage = new RestoreStage([new FakeRestoreSource([keys(9)])]);
    stage.outcomeOf = (key) => key === "k3" ? outcome : "filled";
    stage.hold();
    await stage.pass(100);
    stage.readFails();
    assertEquals([stage.end, stage.repaired.length], [null, 9]);
    stage.finish();
    await stage.pass(100);
    assertEquals(stage.end, end, outcome);
  }
});

test("Restore asks for the two servers of a key when its turn comes", async () => {
  const source = new FakeRestoreSource([["a", "b", "other"]]);
  const away: Destination = new Proxy({} as Destination, { get: () => true });
  const asked: string[] = [];
  const stage = new RestoreStage([source], {
    copiesOf: (key) => {
      asked.push(key.keyText());
      // The copy of one has missed a change of it meanwhile.
      return asked.length === 1 ? null : { main: away, backup: away };
    },
  });
  await stage.pass(100);
  assertEquals([asked, stage.repaired, stage.end], [["a", "b"], ["b"], "complete"]);
});

test("Restore puts larger values back fewer at a time, and does not wait for them", async () => {
  const names = [...keys(600), ...keys(70, "middle"), ...keys(6, "large")];
  const options = { keysPerSecond: 1e6, spoolBytes: 1 << 20 };
  const stage = new RestoreStage([new FakeRestoreSource([names])], options);
  stage.hold();
  await stage.pass(100);
  const first = [...keys(4, "large"), ...keys(64, "middle"), ...keys(512)];
  assertEquals(stage.repaired.splice(0), first);
  stage.finish();
  await stage.pass(100);
  const rest = ["large4", "large5", ...names.slice(664, 670), ...names.slice(512, 600)];
  assertEquals(stage.repaired, rest);
  stage.finish();
  await stage.pass(100);
  assertEquals([stage.end, stage.restore.progress.done], ["complete", 676]);
});

test("Restore does not begin before it knows how late the event loop is without it", async () => {
  const source = new FakeRestoreSource([["k"]]);
  const stage = new RestoreStage([source]);
  await stage.pass(-10);
  assertEquals(source.reads, 0);
  await stage.pass(10);
  assertEquals(source.reads, 1);
  const cancelled = new RestoreStage([source]);
  cancelled.restore.cancel();
  await cancelled.pass(0);
  assertEquals([source.reads, cancelled.end], [1, "cancelled"]);
});

test("Restore waits longer before it begins where clients could feel it", async () => {
  const latency = new LatencyHistogram();
  for (let request = 0; request < 1000; request++) latency.record(1, 0);
  const source = new FakeRestoreSource([["k"]]);
  const stage = new RestoreStage([source], { latency });
  await stage.pass(880);
  assertEquals(source.reads, 0);
  await stage.pass(20);
  assertEquals(source.reads, 1);
});

function requestOf(key: string): Request {
  return new Request().make(FETCH, toBytes(key), 0, key.length);
}

test("Restore puts back first what clients read, and takes no more of it when it has no other", async () => {
  const options = { keysPerSecond: 1e6, spoolBytes: 1 << 20 };
  const stage = new RestoreStage([new FakeRestoreSource([keys(600)])], options);
  const { restore } = stage;
  assertEquals(restore.prefer(requestOf("early"), 9), false);
  stage.hold();
  await stage.pass(20);
  assertEquals(stage.repaired.splice(0).length, 512);
  assertEquals([restore.prefer(requestOf("k599"), 9), restore.prefer(requestOf("k"), 5e3)], [
    true,
    false,
  ]);
  restore.pace.held = true;
  assertEquals(restore.prefer(requestOf("k598"), 9), false);
  restore.pace.held = false;
  stage.finish();
  await stage.pass(10);
  assertEquals(stage.repaired.splice(0), ["k599", ...keys(600).slice(512)]);
  assertEquals(restore.prefer(requestOf("k597"), 9), true);
  stage.finish();
  await stage.pass(10);
  assertEquals([stage.repaired, stage.end], [["k597"], null]);
  // A tick later its source, too, knows that all is put back.
  await stage.pass(10);
  assertEquals(restore.prefer(requestOf("late"), 9), false);
  stage.finish();
  await stage.pass(20);
  assertEquals([stage.end, restore.progress.done], ["complete", 600]);
});

test("Restore keeps only so many names of keys that clients read", async () => {
  const stage = new RestoreStage([new FakeRestoreSource([keys(600)])], {
    keysPerSecond: 1e6,
    spoolBytes: 1 << 20,
  });
  stage.hold();
  await stage.pass(20);
  const name = "r".repeat(249);
  for (let at = 0; at < 140; at++) {
    assertEquals(stage.restore.prefer(requestOf(name), 9), true);
  }
  assertEquals(stage.left, 140 - Math.floor((32 << 10) / 250));
});

test("Restore gets on with its dump although clients go on reading what cannot be put back", async () => {
  const stage = new RestoreStage([new FakeRestoreSource([keys(50)])]);
  for (let tick = 0; tick < 100 && stage.end === null; tick++) {
    await stage.pass(10);
    for (let at = 0; at < 20; at++) stage.restore.prefer(requestOf("refused"), 9);
  }
  assertEquals(stage.repaired.filter((key) => key !== "refused").length, 50);
});

test("Restore puts keys back while others still come", async () => {
  const source = new SlowRestoreSource();
  const stage = new RestoreStage([source], { spoolBytes: 9999 });
  await stage.pass(50);
  source.give(keys(3));
  await stage.pass(10);
  assertEquals([stage.repaired, stage.end], [keys(3), null]);
  assertEquals(stage.restore.prefer(requestOf("read"), 9), true);
  await stage.pass(1000);
  source.give(["late"]);
  source.end("complete");
  await stage.pass(20);
  assertEquals([stage.repaired, stage.end], [[...keys(3), "read", "late"], "complete"]);
  assertEquals(stage.clock.pending, 0);
});

test("Restore lacks names when it has none for a second, and wants no more when it stops", async () => {
  const source = new SlowRestoreSource();
  const stage = new RestoreStage([source], { spoolBytes: 99999 });
  await stage.pass(0);
  assertEquals([source.pace?.lacks(), source.pace?.stopped()], [true, false]);
  source.give(keys(1500));
  assertEquals(source.pace?.lacks(), false);
  await stage.pass(600);
  assertEquals([source.pace?.lacks(), source.pace?.stopped()], [true, false]);
  stage.restore.cancel();
  assertEquals(source.pace?.stopped(), true);
  source.end("lost");
  await stage.pass(20);
  assertEquals([stage.end, stage.clock.pending], ["cancelled", 0]);
});
