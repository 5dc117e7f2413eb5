/**
 * Every classic command, held against memcached itself (so the transcripts are true) and
 * through the proxy, with servers that have meta commands and with some that have none.
 */

import { assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Farm } from "../support/farm.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import {
  type Circumstances,
  type Conversation,
  hold,
  parseTranscript,
  sentBytes,
} from "../support/transcript.ts";

const FOLDER = new URL("./transcripts/", import.meta.url);
const TIME_MS = 60_000;
/** Longer conversations are not cut into single bytes. */
const CUT_BYTES = 4096;

/** Holds all conversations one after another and tells of every one that failed. */
async function holdAll(
  conversations: readonly Conversation[],
  options: Circumstances,
): Promise<void> {
  const failures: string[] = [];
  for (const conversation of conversations) {
    await hold(conversation, options).catch((error: Error) =>
      failures.push(`${conversation.name}: ${error.message}`)
    );
  }
  assertEquals(failures, []);
  assertEquals(conversations.length > 0, true);
}

for (const file of readdirSync(FOLDER).sort()) {
  const conversations = parseTranscript(readFileSync(new URL(file, FOLDER), "utf8"));

  test(`memcached itself speaks ${file}`, { timeout: TIME_MS }, async () => {
    await using memcached = await MemcachedProcess.start();
    await holdAll(conversations, { speaker: "memcached", target: memcached.target });
  });

  test(`a main and a backup behind magent speak ${file}`, { timeout: TIME_MS }, async () => {
    await using farm = await Farm.start({ mains: 1, backups: 1 });
    await holdAll(conversations, {
      speaker: "magent",
      target: farm.proxy.target,
      copies: [farm.mains[0].target, farm.backups[0].target],
    });
  });

  test(`magent understands ${file} byte by byte`, { timeout: TIME_MS }, async () => {
    await using farm = await Farm.start({ mains: 1, backups: 1 });
    const short = conversations.filter((conversation) => sentBytes(conversation) <= CUT_BYTES);
    await holdAll(short, { speaker: "magent", target: farm.proxy.target, oneByOne: true });
  });

  test(`servers without meta commands speak ${file}`, { timeout: TIME_MS }, async () => {
    await using farm = await Farm.start({ mains: 2, backups: 1, meta: false });
    await holdAll(conversations, { speaker: "magent", target: farm.proxy.target });
  });
}
