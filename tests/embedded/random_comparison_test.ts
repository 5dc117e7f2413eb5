/**
 * The same random commands to memcached and to the embedded server: every answer is the same,
 * byte for byte, cas numbers too; and afterwards both have counted the same.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { EmbeddedPort } from "../support/embedded_port.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { randomCommand, SeededRandom } from "../support/random_commands.ts";
import { randomMetaCommand } from "../support/random_meta_commands.ts";
import type { TextClient } from "../support/text_client.ts";

const COMMANDS = 3000;
const TIME_MS = 60_000;
/** Nothing random is answered like this. */
const LAST = "delete the_end 5\r\n";
const LAST_ANSWER = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n";
/**
 * One list of uses: with the modern segments an item that was just read is replaced by a count
 * where it else is changed in place, as long as a thread has not come by.
 */
const MEMCACHED_ARGS = ["-m", "64", "-o", "no_modern"];
/** Large values take long to compare, and have tests of their own. */
const COMMAND_BYTES_MAX = 10_000;

/** Counters that say what was asked and found; not `cmd_set`, where memcached counts bad data. */
const COMPARED = [
  "cmd_get",
  "cmd_flush",
  "cmd_touch",
  "cmd_meta",
  "get_hits",
  "get_misses",
  "delete_misses",
  "delete_hits",
  "incr_misses",
  "incr_hits",
  "decr_misses",
  "decr_hits",
  "cas_misses",
  "cas_hits",
  "cas_badval",
  "touch_hits",
  "touch_misses",
  "total_items",
];

function commandOf(random: SeededRandom): string {
  for (;;) {
    const command = random.below(2) === 0 ? randomCommand(random) : randomMetaCommand(random);
    if (command.length <= COMMAND_BYTES_MAX) return command;
  }
}

/**
 * What one command is answered; times left are rounded, and those of what is over left out. One by one, because in a pipeline
 * memcached replaces an item whose answer it has not sent yet where it else changes it in place.
 */
async function answerOf(client: TextClient, command: string): Promise<string> {
  const answer = await client.ask(command + LAST, LAST_ANSWER);
  return answer.slice(0, -LAST_ANSWER.length).replaceAll(/ t(9\d|100)\b/g, " t100")
    .replaceAll(/ t\d{5,}/g, " t over");
}

async function countersOf(client: TextClient): Promise<Record<string, string>> {
  const text = await client.ask("stats\r\n", "END\r\n");
  const lines = [...text.matchAll(/^STAT (\S+) (\S+)\r$/gm)];
  const all = new Map(lines.map(([, name, value]) => [name, value]));
  return Object.fromEntries(COMPARED.map((name) => [name, all.get(name) ?? "missing"]));
}

for (const seed of [1, 2, 3]) {
  const options = { timeout: TIME_MS };

  test(`memcached and the embedded server are one: seed ${seed}`, options, async () => {
    await using memcached = await MemcachedProcess.start({ args: MEMCACHED_ARGS });
    await using embedded = await EmbeddedPort.start();
    await using theirs = await memcached.client();
    await using ours = await embedded.client();
    const random = new SeededRandom(seed);
    const last: string[] = [];
    for (let count = 0; count < COMMANDS; count++) {
      const command = commandOf(random);
      last.push(command);
      const expected = await answerOf(theirs, command);
      const got = await answerOf(ours, command);
      const history = last.slice(-40).join("");
      assertEquals(got, expected, `seed ${seed}, command ${count}, after\n${history}`);
    }
    assertEquals(await countersOf(ours), await countersOf(theirs));
  });
}
