/** Large values of a main that comes back empty: put back, or read from their copy. */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const RESTORED_MS = 30_000;
/** Values that come in parts start here: `--stream-bytes`. */
const STREAM_BYTES = 4096;
/** Between those, and one that is larger than repairs hold. */
const LENGTHS = [100, STREAM_BYTES + 1, 300_000, 1 << 20, (1 << 20) + 1];
const TOO_LARGE = LENGTHS.length - 1;

function valueOf(at: number): string {
  return `${at}:`.padEnd(LENGTHS[at], "0123456789");
}

async function store(client: TextClient, at: number): Promise<void> {
  const set = `set large:${at} ${at} 600 ${LENGTHS[at]}\r\n${valueOf(at)}\r\n`;
  assertEquals(await client.ask(set, "\r\n", TIME_MS), "STORED\r\n");
}

/** The value and its flags; null for a miss. */
async function held(client: TextClient, at: number): Promise<string | null> {
  const answer = await client.ask(`get large:${at}\r\n`, "END\r\n", TIME_MS);
  return answer === "END\r\n" ? null : answer;
}

function hit(at: number): string {
  return `VALUE large:${at} ${at} ${LENGTHS[at]}\r\n${valueOf(at)}\r\nEND\r\n`;
}

test("A restored main has large values again, and the largest are read from their copy", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({
    mains: 1,
    backups: 1,
    memcachedArgs: ["-m", "64", "-I", "4m"],
    args: ["--stream-bytes", `${STREAM_BYTES}`, "--replication", "sync"],
  });
  const [main] = farm.mains;
  await using client = await farm.proxy.client();
  for (const at of LENGTHS.keys()) await store(client, at);
  await main.restart();
  const restored = () => farm.proxy.log.match(/ restored: .*/)?.[0] ?? null;
  const counts = await poll(restored, RESTORED_MS, "restored main");
  assert(counts.includes("4 filled") && counts.endsWith("1 large"), counts);
  await using direct = await main.client();
  for (const at of LENGTHS.keys()) {
    assertEquals(await held(direct, at), at === TOO_LARGE ? null : hit(at), `${at} at the main`);
    assertEquals(await held(client, at), hit(at), `${at} through the proxy`);
  }
  const ttl = await direct.ask("mg large:3 t\r\n");
  assert(/^HD t(59\d|5[0-8]\d)\r\n$/.test(ttl), ttl);
});
