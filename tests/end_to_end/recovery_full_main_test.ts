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
const BATCH = 500;
/**
 * As short as a placeholder and a marker, and longer: for one of these there is no room, then for
 * its value. Each kind alone needs more than half of the memory.
 */
const KINDS = [{ length: 10, keys: 16_000 }, { length: 900, keys: 1500 }] as const;
const KEYS = KINDS.reduce((sum, { keys }) => sum + keys, 0);

/** The names of all keys, batch after batch, and the length of their values. */
function* batches(): Generator<{ names: string[]; length: number }> {
  for (const { length, keys } of KINDS) {
    for (let at = 0; at < keys; at += BATCH) {
      yield {
        names: Array.from({ length: BATCH }, (_, next) => `key${length}:${at + next}`),
        length,
      };
    }
  }
}

async function storeAll(client: TextClient): Promise<void> {
  for (const { names, length } of batches()) {
    const value = "v".repeat(length);
    const sets = names.map((name) => `set ${name} 0 0 ${length} noreply\r\n${value}\r\n`);
    assertEquals(await client.ask(`${sets.join("")}mn\r\n`, "\r\n", TIME_MS), "MN\r\n");
  }
}

/** How many of the keys whoever answers holds. */
async function count(client: TextClient): Promise<number> {
  let held = 0;
  for (const { names } of batches()) {
    const answer = await client.ask(`get ${names.join(" ")}\r\n`, "END\r\n", TIME_MS);
    held += answer.split("VALUE ").length - 1;
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
  await storeAll(client);
  await main.restart(["-M", "-m", "2"]);
  const ended = () => farm.proxy.log.match(/ restored .*/)?.[0] ?? null;
  let reads = 0;
  const lines = await poll(
    async () => {
      assertEquals(await count(client), KEYS);
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
  const held = await count(direct);
  assert(held < KEYS, `${held} keys at the main`);
  const stats = await farm.proxy.stats("recovery");
  assertEquals(stats.get("main_1_restores_full"), "1");
  assertEquals(stats.get("main_1_restores_begun"), "1");
  assert(Number(stats.get("main_1_repairs_refused")) >= refused);
  // Other proxies are told that it is over, although the server has hardly room for that.
  const marker = await poll(
    async () => {
      const answer = await direct.ask("get magent:gen\r\n", "END\r\n");
      return / settling\r\n/.test(answer) ? answer : null;
    },
    RESTORED_MS,
    "marker that says that it is restored",
  );
  assertMatch(marker, /^VALUE magent:gen /);
});
