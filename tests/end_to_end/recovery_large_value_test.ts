/** Large values of a server that comes back empty: put back, or read from their copy. */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const RESTORED_MS = 30_000;
/** Values that come in parts start here: `--stream-bytes`. */
const STREAM_BYTES = 4096;
/** What is held at a time; one of up to twice this goes alone. */
const HELD_BYTES = 2 << 20;
/** Around those, and what travels over connections of its own: more than a mebibyte. */
const LENGTHS = [
  ...[100, STREAM_BYTES + 1, 300_000, 1 << 20, (1 << 20) + 1, 1_500_000],
  ...[3_000_000, 2 * HELD_BYTES + 1],
];
const TOO_LARGE = LENGTHS.length - 1;
const TTL_S = 600;

function valueOf(at: number): string {
  return `${at}:`.padEnd(LENGTHS[at], "0123456789");
}

async function store(client: TextClient, at: number): Promise<void> {
  const set = `set large:${at} ${at} ${TTL_S} ${LENGTHS[at]}\r\n${valueOf(at)}\r\n`;
  assertEquals(await client.ask(set, "\r\n", TIME_MS), "STORED\r\n");
}

/** How a value of a key differs from what was stored; empty when not at all. */
async function wrong(client: TextClient, at: number): Promise<string> {
  const answer = await client.ask(`get large:${at}\r\n`, "END\r\n", TIME_MS);
  const expected = `VALUE large:${at} ${at} ${LENGTHS[at]}\r\n${valueOf(at)}\r\nEND\r\n`;
  return answer === expected ? "" : `${answer.length} bytes: ${answer.slice(0, 60)}`;
}

/** A second less than at its copy; another for clocks that tick apart. */
async function assertLastsAsLong(server: TextClient, copy: TextClient, key: string): Promise<void> {
  const ttls: number[] = [];
  for (const one of [copy, server, copy]) {
    ttls.push(Number((await one.ask(`mg ${key} t\r\n`)).match(/^HD t(\d+)\r\n$/)?.[1]));
  }
  const [before, ttl, after] = ttls;
  assert(
    ttl <= before && ttl >= after - 2,
    `${key} lasts ${ttl} s, its copy ${before} to ${after}`,
  );
}

for (const role of ["main", "backup"] as const) {
  test(`A restored ${role} has large values again, and the largest are read from their copy`, {
    timeout: TIME_MS,
  }, async () => {
    await using farm = await Farm.start({
      mains: 1,
      backups: 1,
      memcachedArgs: ["-m", "128", "-I", "8m"],
      args: [
        ...["--stream-bytes", `${STREAM_BYTES}`, "--restore-bytes", `${HELD_BYTES}`],
        ...["--replication", "sync"],
      ],
    });
    const servers = [farm.mains[0], farm.backups[0]];
    const [lost, other] = role === "main" ? servers : servers.toReversed();
    await using client = await farm.proxy.client();
    for (const at of LENGTHS.keys()) await store(client, at);
    await lost.restart();
    for (const at of LENGTHS.keys()) assertEquals(await wrong(client, at), "", `first read ${at}`);
    const restored = () => farm.proxy.log.match(/ restored: .*/)?.[0] ?? null;
    const counts = await poll(restored, RESTORED_MS, "restored server");
    assert(/ 0 failed, 0 skipped, 0 refused, [1-9] large$/.test(counts), counts);
    await using direct = await lost.client();
    await using copy = await other.client();
    for (const at of LENGTHS.keys()) {
      assertEquals(await wrong(client, at), "", `${at} through the proxy`);
      if (at === TOO_LARGE) continue;
      assertEquals(await wrong(direct, at), "", `${at} at the ${role}`);
      await assertLastsAsLong(direct, copy, `large:${at}`);
    }
    assertEquals(await direct.get(`large:${TOO_LARGE}`), null);
    const stats = await farm.proxy.stats("recovery");
    assertEquals([stats.get("held_values_bytes"), stats.get("held_values_waiting")], ["0", "0"]);
  });
}
