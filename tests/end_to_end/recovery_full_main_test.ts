/**
 * A main that throws nothing out (`-M`) and comes back with less memory than its keys need: its
 * restore ends, and says how many keys found no room. Until then all of them are read.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const RESTORED_MS = 40_000;
/** Of each kind; 2 MiB hold about a third of all. */
const KEYS = 4000;
const BATCH = 500;
/** As short as a placeholder, and longer: for one of these there is no room, then for its value. */
const LENGTHS = [10, 900];

function keysOf(length: number): string[] {
  return Array.from({ length: KEYS }, (_, at) => `key${length}:${at}`);
}

async function store(client: TextClient, length: number): Promise<void> {
  const keys = keysOf(length);
  for (let at = 0; at < KEYS; at += BATCH) {
    const sets = keys.slice(at, at + BATCH).map((key) =>
      `set ${key} 0 0 ${length} noreply\r\n${"v".repeat(length)}\r\n`
    );
    assertEquals(await client.ask(`${sets.join("")}mn\r\n`, "\r\n", TIME_MS), "MN\r\n");
  }
}

/** How many keys of this length whoever answers holds. */
async function count(client: TextClient, length: number): Promise<number> {
  let held = 0;
  const keys = keysOf(length);
  for (let at = 0; at < KEYS; at += BATCH) {
    const line = `get ${keys.slice(at, at + BATCH).join(" ")}\r\n`;
    held += (await client.ask(line, "END\r\n", TIME_MS)).split("VALUE ").length - 1;
  }
  return held;
}

test("The restore of a main that has no room for all its keys ends, and says so", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({
    mains: 1,
    backups: 1,
    args: ["--replication", "sync", "--get-line-bytes", "65536"],
  });
  const [main] = farm.mains;
  await using client = await farm.proxy.client();
  for (const length of LENGTHS) await store(client, length);
  await main.restart(["-M", "-m", "2"]);
  const ended = () => farm.proxy.log.match(/ restored .*/)?.[0] ?? null;
  let reads = 0;
  const lines = await poll(
    async () => {
      for (const length of LENGTHS) assertEquals(await count(client, length), KEYS);
      reads++;
      return ended();
    },
    RESTORED_MS,
    "end of the restore",
  );
  assert(reads > 0);
  const filled = Number(/ (\d+) filled/.exec(lines)?.[1]);
  const refused = Number(/ (\d+) refused/.exec(lines)?.[1]);
  assertMatch(lines, / restored until it was full: .* 0 failed/);
  assert(filled > 0 && refused > 0, lines);

  await using direct = await main.client();
  let held = 0;
  for (const length of LENGTHS) held += await count(direct, length);
  assert(held < LENGTHS.length * KEYS, `${held} keys at the main`);
  const stats = await farm.proxy.stats("recovery");
  assertEquals(stats.get("main_1_restores_full"), "1");
  assertEquals(stats.get("main_1_restores_begun"), "1");
  assert(Number(stats.get("main_1_repairs_refused")) >= refused);
  // Other proxies are told that it is over, although the server has hardly room for that.
  const marker = await poll(
    async () => {
      const answer = await direct.ask("get magent:gen\r\n", "END\r\n");
      return / up\r\n/.test(answer) ? answer : null;
    },
    RESTORED_MS,
    "marker that says that it is up",
  );
  assertMatch(marker, /^VALUE magent:gen /);
});
