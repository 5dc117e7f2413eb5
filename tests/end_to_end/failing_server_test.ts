/**
 * Servers that refuse, fall silent or come back, one client at a time: how long anybody
 * waits, what is counted, and when a server is ejected, probed and taken back.
 */

import { assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { test } from "node:test";
import { awaitStats } from "../support/await_stats.ts";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { freePort } from "../support/free_port.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { timed } from "../support/timed.ts";

const TIME_MS = 30_000;
/** So long that a test which waited for one of them would be seen to. */
const LONG_MS = 8000;
const AT_ONCE_MS = LONG_MS / 2;

function flags(options: Readonly<Record<string, number>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
}

const NEVER_WAIT = flags({ "connect-timeout": LONG_MS, "request-timeout": LONG_MS });
const OFTEN = flags({ "probe-interval": 20, "probe-interval-max": 50 });

async function assertAtOnce<T>(act: () => Promise<T>, expected: T): Promise<void> {
  const [got, tookMs] = await timed(act);
  assertEquals(got, expected);
  assertLess(tookMs, AT_ONCE_MS);
}

test("A server that refuses is ejected at once, and the first request does not wait", {
  timeout: TIME_MS,
}, async () => {
  await using backup = await MemcachedProcess.start();
  const dead = `127.0.0.1:${await freePort()}`;
  const form = { mains: [dead], backups: [backup.server], args: NEVER_WAIT };
  await using proxy = await MagentProcess.start(form);
  await using client = await proxy.client();
  await assertAtOnce(() => client.get("k"), null);
  await awaitStats(proxy, { main_1_state: "ejected", main_1_reason: "refused" });
  await assertAtOnce(() => client.set("k", "v"), "STORED");
  await assertAtOnce(() => client.get("k"), "v");
  const stats = await proxy.ownStats();
  assertEquals([stats.get("main_1_ejections"), stats.get("main_1_connects")], ["1", "0"]);
});

test("A server killed under an open connection costs nobody a timeout", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 1, args: NEVER_WAIT });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("k", "v"), "STORED");
  await farm.mains[0].kill();
  await assertAtOnce(() => client.get("k"), "v");
  await assertAtOnce(() => client.set("k", "w"), "STORED");
  await assertAtOnce(() => client.get("k"), "w");
  await awaitStats(farm.proxy, { main_1_state: "ejected", main_1_ejections: 1 });
});

test("A server silent from the start costs its connect timeout, until it is ejected", {
  timeout: TIME_MS,
}, async () => {
  const args = [...flags({ "connect-timeout": 300, "request-timeout": LONG_MS }), ...OFTEN];
  await using main = await MemcachedProcess.start();
  await using backup = await MemcachedProcess.start();
  await main.stop();
  await using proxy = await MagentProcess.start({
    mains: [main.server],
    backups: [backup.server],
    args,
  });
  await using client = await proxy.client();
  await assertAtOnce(() => client.set("k", "v"), "STORED");
  await assertAtOnce(() => client.get("k"), "v");
  await assertAtOnce(() => client.ask("append k 0 0 1\r\nw\r\n"), "STORED\r\n");
  await awaitStats(proxy, { main_1_state: "ejected", main_1_reason: "connect_timeout" });
  const [, tookMs] = await timed(async () => {
    for (let turn = 0; turn < 100; turn++) assertEquals(await client.get("k"), "vw");
  });
  assertLess(tookMs, AT_ONCE_MS);

  main.resume();
  await awaitStats(proxy, { main_1_state: "up" });
  assertEquals(await client.set("k", "x"), "STORED");
  await using direct = await main.client();
  // It missed the key before, so the backup is told first, and the client with it.
  await poll(async () => await direct.get("k") === "x" || null, TIME_MS, "the main's copy");
});

test("A stall that fails 200 requests is one failure of --failure-limit", {
  timeout: TIME_MS,
}, async () => {
  // Nothing but the stall may fail meanwhile: the next connection is waited for.
  const args = flags({ "connect-timeout": 30_000, "request-timeout": 200, "failure-limit": 2 });
  await using farm = await Farm.start({ mains: 1, backups: 0, args });
  const clients = await Promise.all(Array.from({ length: 10 }, () => farm.proxy.client()));
  for (const client of clients) assertEquals(await client.set("k", "v"), "STORED");
  await farm.mains[0].stop();
  for (const client of clients) client.send("gets k\r\n".repeat(20));
  for (const client of clients) await client.readExactly("END\r\n".repeat(20));
  const stats = await farm.proxy.ownStats();
  const told = ["failures", "failed_request_timeout", "ejections", "state"]
    .map((name) => stats.get(`main_1_${name}`));
  assertEquals(told, ["200", "1", "0", "up"]);

  farm.mains[0].resume();
  assertEquals(await clients[0].get("k"), "v");
  // An answer ends the row of failures, so the next stall is the first again.
  await farm.mains[0].stop();
  assertEquals(await clients[0].ask("get k\r\n"), "END\r\n");
  assertEquals((await farm.proxy.ownStats()).get("main_1_ejections"), "0");
  for (const client of clients) client.close();
});

test("Probes of an ejected server back off, and never carry a client's request", {
  timeout: TIME_MS,
}, async () => {
  const args = flags({ "probe-interval": 20, "probe-interval-max": 60_000 });
  await using farm = await Farm.start({ mains: 1, backups: 1, args: [...NEVER_WAIT, ...args] });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("k", "v"), "STORED");
  await farm.mains[0].kill();
  assertEquals(await client.get("k"), "v");
  await awaitStats(farm.proxy, { main_1_state: "ejected" });
  const probes = async () => Number((await farm.proxy.ownStats()).get("main_1_probes"));
  const [, tookMs] = await timed(() =>
    poll(
      async () => {
        assertEquals(await client.get("k"), "v");
        return await probes() >= 8 || null;
      },
      TIME_MS,
      "eighth probe",
    )
  );
  // 20 + 30 + 45 + … for eight is 984, less a quarter by jitter; without back-off it is 160.
  assertGreaterOrEqual(tookMs, 600);
  const stats = await farm.proxy.ownStats();
  assertEquals(stats.get("main_1_ejections"), "1");
  assertEquals(stats.get("main_1_connects"), "1");
});

test("A server that is started again is taken back by a probe, without a request", {
  timeout: TIME_MS,
}, async () => {
  // With recovery, it is in service at once, too, but called restoring for a while.
  const args = [...NEVER_WAIT, ...OFTEN, "--recover", "off"];
  await using farm = await Farm.start({ mains: 1, backups: 1, args });
  const [main] = farm.mains;
  await using client = await farm.proxy.client();
  for (let round = 1; round <= 3; round++) {
    assertEquals(await client.set("k", "v"), "STORED");
    await main.kill();
    await awaitStats(farm.proxy, { main_1_state: "ejected", main_1_ejections: round });
    await main.restart();
    await awaitStats(farm.proxy, { main_1_state: "up", main_1_connections: 1 });
    assertEquals(await client.set("k", `${round}`), "STORED");
    await using direct = await main.client();
    assertEquals(await direct.get("k"), `${round}`);
  }
  const readmitted = farm.proxy.log.match(/backend \S+ readmitted/g) ?? [];
  assertEquals(readmitted.length, 3);
});
