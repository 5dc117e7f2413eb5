/** Two workers of a process and one order of events: what both know is what neither forgets. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { parsedRequest } from "../support/parsed_request.ts";
import { PairStage } from "./pair_stage.ts";
import { CONNECT_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from "./sim_proxy.ts";

/** Longer than workers take to confirm, and shorter than any timeout. */
const SOON_MS = 200;
/** Often enough that what was announced is known soon. */
const BOARD_TICK_MS = 50;
/** Servers are put in order, and the last placeholders are gone. */
const PEACE_MS = 40_000;

/** `boardTickMs`: how often they look at what others announced; 0 for never. */
function twoWorkers(boardTickMs = 0): PairStage {
  return new PairStage({ workers: true, settings: { replication: "async", boardTickMs } });
}

for (const change of ["set k 0 0 3\r\nnew\r\n", "delete k\r\n"]) {
  const name = change.split(" ", 1)[0];
  test(`a ${name} of one worker on its way to the backup is not overtaken by another's repair`, {
    timeout: 30_000,
  }, async () => {
    using stage = twoWorkers();
    const told = name === "set" ? "VALUE k 0 3\r\nnew\r\n" : "END\r\n";
    stage.send(0, "set k 0 0 3\r\nold\r\n");
    await stage.pass(SOON_MS);
    assertEquals(await stage.get(1, "k"), "VALUE k 0 3\r\nold\r\n");

    // The main has it, the backup not yet; then the main comes back empty.
    stage.backup.cutFrom.add(0);
    const changed = stage.send(0, change);
    await stage.pass(0);
    assertEquals(changed.answered, true);
    assertEquals(stage.held(stage.backup, "k"), "old");
    stage.main.kill();
    stage.main.start(false);
    await stage.pass(SOON_MS);
    await stage.get(1, "k");
    await stage.pass(SOON_MS / 2);
    assertEquals(stage.held(stage.main, "k"), null);

    stage.backup.cutFrom.clear();
    await stage.pass(SOON_MS);
    for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), told);
    await stage.pass(PEACE_MS);
    for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), told);
    assertEquals(stage.held(stage.main, "k"), name === "set" ? "new" : null);
    assertEquals(stage.proxies.map(({ backends }) => backends[0].phase), ["serving", "serving"]);
  });
}

test("a worker does not believe a miss on a server that another one puts back in order", {
  timeout: 30_000,
}, async () => {
  using stage = twoWorkers();
  stage.send(0, "set k 0 0 1\r\nv\r\n");
  await stage.pass(SOON_MS);
  stage.main.memcached.items.delete("k");
  assertEquals(await stage.get(1, "k"), "END\r\n");
  // It has been told, and the other one sees nothing but that.
  stage.proxies[0].routes.coordinator!.servers[0].start();
  for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), "VALUE k 0 1\r\nv\r\n");
  await stage.pass(PEACE_MS);
  for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), "VALUE k 0 1\r\nv\r\n");
  assertEquals(stage.held(stage.main, "k"), "v");
});

test(
  "a worker that cannot reach the copy works on no value that another one may just be putting back",
  {
    timeout: 30_000,
  },
  async () => {
    using stage = twoWorkers();
    stage.send(0, "set k 0 0 1\r\nv\r\n");
    await stage.pass(SOON_MS);
    stage.main.cutFrom.add(0);
    stage.backup.kill();
    stage.backup.start(false);
    // It finds that the main cannot be reached; the other worker puts back what the backup lost.
    await stage.get(0, "other");
    await stage.pass(SOON_MS + CONNECT_TIMEOUT_MS);
    const refused = stage.send(0, "append absent 0 0 1\r\nw\r\n");
    const added = stage.send(0, "add absent 0 0 1\r\nx\r\n");
    await stage.pass(SOON_MS);
    assertEquals([refused.failure, added.text], ["recovering", "STORED\r\n"]);
    assertEquals(stage.held(stage.backup, "absent"), "x");
  },
);

test(
  "what one worker sets between a flush_all that another one's main missed and its repetition is kept",
  {
    timeout: 30_000,
  },
  async () => {
    using stage = twoWorkers();
    stage.main.cutFrom.add(0);
    const flushed = stage.send(0, "flush_all\r\n");
    await stage.pass(REQUEST_TIMEOUT_MS + SOON_MS);
    assertEquals(flushed.text, "OK\r\n");
    const set = stage.send(1, "set k 0 0 1\r\nv\r\n");
    await stage.pass(SOON_MS);
    assertEquals(set.text, "STORED\r\n");
    stage.main.cutFrom.clear();
    await stage.pass(PEACE_MS);
    assertEquals([stage.held(stage.main, "k"), stage.held(stage.backup, "k")], ["v", "v"]);
    for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), "VALUE k 0 1\r\nv\r\n");
  },
);

test(
  "the successor of a worker that crashed empties no server that another worker has just asked",
  {
    timeout: 30_000,
  },
  async () => {
    using stage = twoWorkers(BOARD_TICK_MS);
    stage.send(0, "set k 0 0 1\r\nv\r\n");
    await stage.pass(SOON_MS);
    stage.send(1, "get k\r\n");
    await stage.pass(SOON_MS);

    // The main misses a change of the other worker, and nobody has been told yet.
    stage.main.cutFrom.add(1);
    const asked = stage.send(1, "get k\r\n");
    const [{ routes, backends }] = stage.proxies;
    routes.coordinator!.missed(backends[0], parsedRequest("delete other\r\n"));
    stage.proxies[0].crash();
    await stage.pass(SOON_MS);
    assertEquals([asked.answered, stage.held(stage.main, "k")], [false, "v"]);
    stage.main.cutFrom.clear();
    await stage.pass(SOON_MS);
    assertEquals(asked.text, "VALUE k 0 1\r\nv\r\n");

    await stage.pass(PEACE_MS);
    for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), "VALUE k 0 1\r\nv\r\n");
    assertEquals(stage.held(stage.main, "k"), "v");
    assertEquals(stage.proxies.map(({ backends }) => backends[0].phase), ["serving", "serving"]);
  },
);
