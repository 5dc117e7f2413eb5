/**
 * Every transcript, held with memcached itself (so the transcripts are true) and through the
 * proxy. After each conversation the servers behind the proxy hold what the lone memcached
 * holds, and the backup what its main holds: value, flags, time to live.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Farm, type FarmForm } from "../support/farm.ts";
import { assertHolds, type Holdings, holdingsOf } from "../support/holdings.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { spokenIn } from "../support/spoken_commands.ts";
import { type Conversation, deviates, sentBytes } from "../support/transcript.ts";
import { PROTOCOLS, transcriptsOf } from "../support/transcript_files.ts";
import { hold } from "../support/transcript_replay.ts";

const TIME_MS = 60_000;
/** Longer conversations are not cut into single bytes. */
const CUT_BYTES = 4096;

const FORMS: readonly (readonly [name: string, form: FarmForm])[] = [
  ["one main", { mains: 1, backups: 0 }],
  ["a main and a backup", { mains: 1, backups: 1, tap: true }],
  ["copies in sync", { mains: 1, backups: 1, args: ["--replication", "sync"] }],
  ["two mains and a backup", { mains: 2, backups: 1 }],
  ["servers without meta commands", { mains: 2, backups: 1, meta: false }],
];

/** Holds all conversations one after another and tells of every one that failed. */
async function holdAll(
  conversations: readonly Conversation[],
  holdOne: (conversation: Conversation) => Promise<void>,
): Promise<void> {
  const failures: string[] = [];
  for (const conversation of conversations) {
    await holdOne(conversation).catch((error: Error) =>
      failures.push(`${conversation.name}: ${error.message}`)
    );
  }
  assertEquals(failures, []);
  assertEquals(conversations.length > 0, true);
}

/** What several servers hold together: a key is with one of them. */
async function heldTogether(
  servers: readonly MemcachedProcess[],
  keys: Iterable<string>,
): Promise<Holdings> {
  const names = [...keys];
  const parts = await Promise.all(servers.map(({ target }) => holdingsOf(target, names)));
  return new Map(
    names.map((key) => [
      key,
      parts.map((part) => part.get(key) ?? null).find((held) => held !== null) ?? null,
    ]),
  );
}

/** One conversation, with memcached and with the proxy; then what they hold is compared. */
async function compare(
  conversation: Conversation,
  parties: { lone: MemcachedProcess; farm: Farm; form: FarmForm; oneByOne?: boolean },
): Promise<void> {
  const { lone, farm, form } = parties;
  const meta = form.meta ?? true;
  const copies = form.mains === 1 ? [...farm.mains, ...farm.backups] : farm.backups;
  await hold(conversation, { speaker: "memcached", target: lone.target });
  await hold(conversation, {
    speaker: meta ? "magent" : "magent without meta",
    target: farm.proxy.target,
    oneByOne: parties.oneByOne ?? false,
    ...(meta ? { copies: copies.map(({ target }) => target) } : {}),
    restartMain: () => farm.mains[0].restart(),
    breakMain: () => farm.breakMains(),
    ...(form.tap ? { mainReceived: () => farm.mainsReceived } : {}),
  });
  const { keys, commands } = spokenIn(conversation);
  const held = await heldTogether(farm.mains, keys);
  // Without meta commands a main cannot tell how long a value lives, so where the result of a
  // change would have to be copied, the backup's copy is deleted; elsewhere, the table says so.
  const mayLack = !meta || [...commands].some(({ copy }) => copy === "delete");
  for (const { target } of farm.backups) await assertHolds(target, held, { mayLack });
  if (deviates(conversation) || !meta) return;
  await assertHolds(lone.target, held, { mayLack: false });
}

test(
  "a main that missed a change or comes back empty is filled as written",
  { timeout: TIME_MS },
  async () => {
    const form = { mains: 1, backups: 1, tap: true };
    await using farm = await Farm.start(form);
    await using lone = await MemcachedProcess.start();
    await holdAll(transcriptsOf("recovery"), (one) => compare(one, { lone, farm, form }));
  },
);

for (const protocol of PROTOCOLS) {
  const conversations = transcriptsOf(protocol);
  const options = { timeout: TIME_MS };

  test(`memcached itself speaks ${protocol} as written`, options, async () => {
    await using memcached = await MemcachedProcess.start();
    const { target } = memcached;
    await holdAll(conversations, (one) => hold(one, { speaker: "memcached", target }));
  });

  for (const [name, form] of FORMS) {
    if (protocol === "meta" && form.meta === false) continue;

    test(`${name} behind magent: ${protocol} is answered as by memcached`, options, async () => {
      await using farm = await Farm.start(form);
      await using lone = await MemcachedProcess.start();
      await holdAll(conversations, (one) => compare(one, { lone, farm, form }));
    });
  }

  test(`magent understands ${protocol} byte by byte`, options, async () => {
    const form = { mains: 1, backups: 1 };
    await using farm = await Farm.start(form);
    await using lone = await MemcachedProcess.start();
    const short = conversations.filter((one) => sentBytes(one) <= CUT_BYTES);
    await holdAll(short, (one) => compare(one, { lone, farm, form, oneByOne: true }));
  });
}
