/**
 * Reads that nobody can answer: a miss by default, with `--on-error error` an error in place
 * of `END`, behind the values that came. A `gat` changes the server, so it is never a miss.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { Farm } from "../support/farm.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 30_000;
const FAILURE = /^SERVER_ERROR CAN NOT CONNECT TO BACKEND SERVER 127\.0\.0\.1:\d+: \w+\r\n$/;
/** As djb modulo 2 places them: key2 on the first main, key1 on the second. */
const [DEAD_KEY, LIVE_KEY] = ["key2", "key1"];
const LIVE_VALUE = `VALUE ${LIVE_KEY} 0 1\r\nv\r\n`;

/** Sends a command and reads all that is answered, up to a line of our own choice. */
async function answerTo(client: TextClient, command: string): Promise<string> {
  client.send(`${command}\r\nverbosity\r\n`);
  return (await client.readThrough("\r\nERROR\r\n")).slice(0, -"ERROR\r\n".length);
}

async function startHalfDead(args: readonly string[]): Promise<Farm> {
  const farm = await Farm.start({ mains: 2, backups: 0, args });
  await using client = await farm.proxy.client();
  for (const key of [DEAD_KEY, LIVE_KEY]) assertEquals(await client.set(key, "v"), "STORED");
  await farm.mains[0].kill();
  return farm;
}

test("A read that nobody can answer is a miss, and the other keys are hits", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await startHalfDead([]);
  await using client = await farm.proxy.client();
  for (const verb of ["get", "gets"]) {
    const hit = LIVE_VALUE.replace(/ 1\r/, verb === "gets" ? " 1 #\r" : " 1\r");
    const ask = async (keys: string) =>
      (await answerTo(client, `${verb} ${keys}`)).replace(/ 1 \d+\r/g, " 1 #\r");
    assertEquals(await ask(DEAD_KEY), "END\r\n");
    assertEquals(await ask(`${LIVE_KEY} ${DEAD_KEY}`), `${hit}END\r\n`);
    assertEquals(await ask(`${DEAD_KEY} ${LIVE_KEY}`), `${hit}END\r\n`);
  }
  assertEquals(await answerTo(client, `mg ${DEAD_KEY} v`), "EN\r\n");
});

test("With --on-error error it is an error, in place of END, behind the values that came", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await startHalfDead(["--on-error", "error"]);
  await using client = await farm.proxy.client();
  for (const keys of [DEAD_KEY, `${DEAD_KEY} nokey1`]) {
    assertMatch(await answerTo(client, `get ${keys}`), FAILURE);
  }
  for (const keys of [`${LIVE_KEY} ${DEAD_KEY}`, `${DEAD_KEY} ${LIVE_KEY}`]) {
    const answer = await answerTo(client, `get ${keys}`);
    assertEquals(answer.slice(0, LIVE_VALUE.length), LIVE_VALUE);
    assertMatch(answer.slice(LIVE_VALUE.length), FAILURE);
  }
  assertEquals(await answerTo(client, `get ${LIVE_KEY}`), `${LIVE_VALUE}END\r\n`);
  assertMatch(await answerTo(client, `mg ${DEAD_KEY} v`), FAILURE);
});

for (const onError of ["miss", "error"]) {
  test(`With --on-error ${onError} a gat or a change that nobody took is an error`, {
    timeout: TIME_MS,
  }, async () => {
    await using farm = await startHalfDead(["--on-error", onError]);
    await using client = await farm.proxy.client();
    assertMatch(await answerTo(client, `gat 100 ${DEAD_KEY}`), FAILURE);
    assertMatch(await answerTo(client, `gats 100 ${DEAD_KEY}`), FAILURE);
    const answer = await answerTo(client, `gat 100 ${DEAD_KEY} ${LIVE_KEY}`);
    assertEquals(answer.slice(0, LIVE_VALUE.length), LIVE_VALUE);
    assertMatch(answer.slice(LIVE_VALUE.length), FAILURE);
    for (
      const change of [
        `set ${DEAD_KEY} 0 0 1\r\nx`,
        `add ${DEAD_KEY} 0 0 1\r\nx`,
        `append ${DEAD_KEY} 0 0 1\r\nx`,
        `cas ${DEAD_KEY} 0 0 1 1\r\nx`,
        `incr ${DEAD_KEY} 1`,
        `delete ${DEAD_KEY}`,
        `touch ${DEAD_KEY} 10`,
        `mg ${DEAD_KEY} v T100`,
        `ms ${DEAD_KEY} 1\r\nx`,
        "flush_all",
      ]
    ) assertMatch(await answerTo(client, change), FAILURE, change);
    // The worst answer of all servers; the one that lives has done it.
    assertEquals(await client.get(LIVE_KEY), null);
  });
}
