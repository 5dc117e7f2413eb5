/**
 * Every classic command, held against memcached itself (so the transcripts are true) and
 * through the proxy, with servers that have meta commands and with some that have none.
 */

import { assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { MetaFilter } from "../support/meta_filter.ts";
import { type Conversation, hold, parseTranscript } from "../support/transcript.ts";

const FOLDER = new URL("./transcripts/", import.meta.url);
const MINUTES = 60_000;

/** Holds all conversations one after another and tells of every one that failed. */
async function holdAll(
  conversations: readonly Conversation[],
  options: Parameters<typeof hold>[1],
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

  test(`memcached itself speaks ${file}`, { timeout: MINUTES }, async () => {
    await using memcached = await MemcachedProcess.start();
    await holdAll(conversations, { speaker: "memcached", target: memcached.target });
  });

  test(`a main and a backup behind magent speak ${file}`, { timeout: MINUTES }, async () => {
    await using main = await MemcachedProcess.start();
    await using backup = await MemcachedProcess.start();
    await using magent = await MagentProcess.start({
      mains: [main.server],
      backups: [backup.server],
    });
    await holdAll(conversations, {
      speaker: "magent",
      target: magent.target,
      copies: [main.target, backup.target],
    });
  });

  test(`servers without meta commands speak ${file}`, { timeout: MINUTES }, async () => {
    await using main = await MemcachedProcess.start();
    await using other = await MemcachedProcess.start();
    await using backup = await MemcachedProcess.start();
    await using mainFilter = await MetaFilter.start(main.port);
    await using otherFilter = await MetaFilter.start(other.port);
    await using backupFilter = await MetaFilter.start(backup.port);
    await using magent = await MagentProcess.start({
      mains: [mainFilter.server, otherFilter.server],
      backups: [backupFilter.server],
    });
    await holdAll(conversations, { speaker: "magent", target: magent.target });
  });
}
