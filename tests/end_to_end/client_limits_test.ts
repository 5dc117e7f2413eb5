/**
 * The limits that a client can run into: how many there may be, how long it may be silent,
 * how long its line may be.
 */

import { assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { timed } from "../support/timed.ts";

const TIME_MS = 30_000;
const MIB = 1 << 20;
const KEY_BYTES = 250;

test("One client more than -n is told so and closed, and counted", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 0, args: ["-n", "3"] });
  await using first = await farm.proxy.client();
  const connections = async () => numberOf(await first.ask("stats\r\n", "END\r\n"), "curr_");
  // The farm's own question, whether the proxy accepts, must be gone.
  await poll(async () => await connections() === 1 || null, TIME_MS, "lone client");
  await using second = await farm.proxy.client();
  const third = await farm.proxy.client();
  for (const client of [first, second, third]) assertEquals(await client.set("k", "v"), "STORED");

  await using tooMany = await farm.proxy.client();
  assertEquals(await tooMany.readToEnd(), "SERVER_ERROR OUT OF CONNECTION\r\n");
  await using waitsInVain = await farm.proxy.client();
  waitsInVain.send("get k\r\n");
  assertEquals(await waitsInVain.readToEnd(), "SERVER_ERROR OUT OF CONNECTION\r\n");
  assertEquals(await first.get("k"), "v");
  const stats = await first.ask("stats\r\n", "END\r\n");
  assertEquals([numberOf(stats, "rejected_"), numberOf(stats, "curr_")], [2, 3]);
  assertEquals(numberOf(stats, "max_"), 3);

  third.close();
  await poll(async () => await connections() === 2 || null, TIME_MS, "place for another client");
  await using fourth = await farm.proxy.client();
  assertEquals(await fourth.get("k"), "v");
});

function numberOf(stats: string, prefix: string): number {
  return Number(stats.match(new RegExp(`STAT ${prefix}connections (\\d+)`))?.[1]);
}

test("A client that is idle for --idle-timeout is closed, one that works is not", {
  timeout: TIME_MS,
}, async () => {
  const args = ["--idle-timeout", "400"];
  await using farm = await Farm.start({ mains: 1, backups: 0, args });
  await using working = await farm.proxy.client();
  await using idle = await farm.proxy.client();
  assertEquals(await idle.set("k", "v"), "STORED");
  const [, tookMs] = await timed(() =>
    poll(
      async () => {
        assertEquals(await working.get("k"), "v");
        return idle.closed || null;
      },
      TIME_MS,
      "end of the idle client",
    )
  );
  assertGreaterOrEqual(tookMs, 350);
  assertEquals(idle.unread, "");
  assertEquals(await working.get("k"), "v");
  assertEquals(Number((await farm.proxy.ownStats()).get("closed_idle")) >= 1, true);
});

test("A client that waits for its answer is not idle", { timeout: TIME_MS }, async () => {
  const args = ["--idle-timeout", "100"];
  await using farm = await Farm.start({ mains: 1, backups: 0, args });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("k", "v"), "STORED");
  await farm.mains[0].stop();
  const [answer, tookMs] = await timed(() => client.ask("get k\r\n"));
  assertEquals(answer, "END\r\n");
  assertGreaterOrEqual(tookMs, 900);
});

/** A `get` line of exactly so many bytes, its line end included: `first`, fillers, `last`. */
function getLine(bytes: number): string {
  const filler = ` ${"f".repeat(KEY_BYTES)}`;
  const rest = bytes - "get first last\r\n".length;
  const fillers = filler.repeat(Math.floor((rest - 2) / filler.length) - 1);
  const left = rest - fillers.length;
  const [one, other] = [left >> 1, left - (left >> 1)];
  return `get first${fillers} ${"g".repeat(one - 1)} ${"h".repeat(other - 1)} last\r\n`;
}

for (const bytes of [MIB - 1000, MIB]) {
  test(`A get line of ${bytes} bytes is answered whole`, { timeout: TIME_MS }, async () => {
    await using farm = await Farm.start({ mains: 2, backups: 1 });
    await using client = await farm.proxy.client();
    assertEquals(await client.set("first", "1"), "STORED");
    assertEquals(await client.set("last", "2"), "STORED");
    const line = getLine(bytes);
    assertEquals(line.length, bytes);
    client.send(line);
    await client.readExactly(
      "VALUE first 0 1\r\n1\r\nVALUE last 0 1\r\n2\r\nEND\r\n",
      TIME_MS,
    );
    assertEquals(await client.get("last"), "2");
  });
}

test("A longer get line is an error, nothing of it is asked, and the client is closed", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 2, backups: 1 });
  await using neighbour = await farm.proxy.client();
  assertEquals(await neighbour.set("first", "1"), "STORED");
  for (const line of [getLine(MIB + 100), `get ${"f".repeat(MIB + 100)}`]) {
    await using client = await farm.proxy.client();
    client.send(`version\r\n${line}get first\r\n`);
    const answer = await client.readToEnd();
    assertEquals(answer.replace(/^VERSION .*\r\n/, ""), "CLIENT_ERROR line too long\r\n");
    assertEquals(await neighbour.get("first"), "1");
  }
  const stats = await farm.proxy.ownStats();
  assertEquals(stats.get("closed_line"), "2");
  assertLess(Number(stats.get("main_1_requests")) + Number(stats.get("main_2_requests")), 10);
});

test("A long get line with one bad key is an error before anything is asked", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 2, backups: 1 });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("first", "1"), "STORED");
  const line = getLine(MIB - 1000).replace(" last", ` ${"x".repeat(KEY_BYTES + 1)} last`);
  assertEquals(await client.ask(line), "CLIENT_ERROR bad command line format\r\n");
  assertEquals(await client.get("first"), "1");
  const stats = await farm.proxy.ownStats();
  assertLess(Number(stats.get("main_1_requests")) + Number(stats.get("main_2_requests")), 10);
});
