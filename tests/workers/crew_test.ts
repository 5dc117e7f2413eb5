/**
 * Threads that crash, stand still and are let go, in front of real memcacheds.
 */

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { existsSync, statSync } from "node:fs";
import { test } from "node:test";
import { parseServerAddress } from "../../src/config/parse_server_address.ts";
import { poll } from "../support/deadline.ts";
import { TextClient } from "../support/text_client.ts";
import { CrewStage, HANG_MS, MODE, WAIT_MS } from "./crew_stage.ts";

const TIME_MS = 90_000;
/** With the time in which proxies tell each other. */
const RESTORED_MS = 45_000;

test("a worker that crashes is replaced, and the others notice nothing", {
  timeout: TIME_MS,
}, async () => {
  await using stage = await CrewStage.start();
  const [first, second] = await stage.clients();
  assertEquals(await first.set("k", "v"), "STORED");
  await using unix = await TextClient.connect({ path: stage.path });
  assertEquals(await stage.read(unix, "k"), "v");

  stage.threads[0].post("crash");
  assertEquals(await first.readToEnd(WAIT_MS), "");
  assertEquals(await unix.readToEnd(WAIT_MS), "");
  assertEquals(await stage.read(second, "k"), "v");
  await stage.logs("worker 1 serves again");
  assertStringIncludes(stage.logged, "error worker 1 crashed: crashed on purpose");
  assertEquals(stage.threads.length, 3);

  assertEquals(await stage.stat("worker_1_crashes"), "1");
  assertEquals(await stage.stat("worker_2_crashes"), "0");
  assertEquals(await stage.read(second, "k"), "v");
  await using again = await TextClient.connect({ path: stage.path });
  assertEquals(await stage.read(again, "k"), "v");
  assertEquals(statSync(stage.path).mode & 0o777, MODE);
  const [third, fourth] = await stage.clients();
  assertEquals([await stage.read(third, "k"), await stage.read(fourth, "k")], ["v", "v"]);
  for (const client of [first, second, third, fourth]) client.close();
});

test("a worker that stands still is replaced, and the others notice nothing", {
  timeout: TIME_MS,
}, async () => {
  await using stage = await CrewStage.start();
  const [first, second] = await stage.clients();
  assertEquals(await first.set("k", "v"), "STORED");
  const word = new Int32Array(new SharedArrayBuffer(4));
  const [hung] = stage.threads;
  hung.post(word);
  await stage.logs("worker 1 serves again");
  assertStringIncludes(
    stage.logged,
    `error worker 1 hung: its event loop stood still for ${HANG_MS} ms`,
  );
  assertEquals(await stage.read(second, "k"), "v");
  if (!hung.stopsAnytime) Atomics.store(word, 0, 1);
  assertEquals(await first.readToEnd(WAIT_MS), "");
  assertEquals([await stage.stat("worker_1_hangs"), await stage.stat("worker_2_hangs")], [
    "1",
    "0",
  ]);
  assertEquals([await stage.stat("worker_1_crashes"), stage.threads.length], ["0", 3]);
  const [third, fourth] = await stage.clients();
  assertEquals([await stage.read(third, "k"), await stage.read(fourth, "k")], ["v", "v"]);
  for (const client of [first, second, third, fourth]) client.close();
});

test("what a server missed of a worker that crashed is put right by its successor", {
  timeout: TIME_MS,
}, async () => {
  await using stage = await CrewStage.start();
  const [first, second] = await stage.clients();
  assertEquals(await first.set("k", "old"), "STORED");
  await stage.main.stop();
  assertEquals(await first.set("k", "new"), "STORED");
  stage.threads[0].post("crash");
  assertEquals(await first.readToEnd(WAIT_MS), "");
  stage.main.resume();

  const { name } = parseServerAddress(stage.main.server);
  const words = `backend ${name} missed changes of a worker that ended`;
  await stage.logs(words);
  const restored = `backend ${name} restored: `;
  const restores = async () => {
    assertNotEquals(await stage.read(second, "k"), "old");
    return stage.logged.includes(restored) || null;
  };
  await poll(restores, RESTORED_MS, restored);
  assertStringIncludes(stage.logged, `backend ${name} missed more keys than the journal holds`);
  const readAgain = async () => await stage.read(second, "k") === "new" || null;
  await poll(readAgain, WAIT_MS, "the new value");
  await using main = await stage.main.client();
  assertEquals(await main.get("k"), "new");
  for (const client of [first, second]) client.close();
});

test("Crew.drain lets the clients of all workers go, and ends", { timeout: TIME_MS }, async () => {
  await using stage = await CrewStage.start();
  const clients = await stage.clients();
  const drained = stage.crew.drain();
  for (const client of clients) assertEquals(await client.readToEnd(WAIT_MS), "");
  await drained;
  assertEquals(existsSync(stage.path), false);
  assertStringIncludes(await stage.crew.control("server down main_1"), "did not answer");
});
