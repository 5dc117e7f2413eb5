/**
 * Values from nothing to 100 MB and beyond, in every protocol: what is read is what was
 * stored, on every server, and the proxy's memory does not grow with the value.
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { test } from "node:test";
import { Farm, type FarmForm } from "../support/farm.ts";
import { RUNTIME } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { passValue, VALUE_FARMS } from "../support/value_case.ts";
import { ValueClient } from "../support/value_client.ts";
import { VALUE_PROTOCOLS, type ValueProtocol } from "../support/value_protocols.ts";

const TIME_MS = 120_000;
const MIB = 1 << 20;
const SMALL: readonly number[] = [0, 1, MIB - 1, MIB + 1];
const LARGE = 100 * MIB;
const HUGE = 400 * MIB;
const HUGE_ITEMS: readonly string[] = ["-I", "512m", "-m", "2048"];

/** Four of a value of 1 MB: for client, main, backup, and one under way. */
const SMALL_LIMIT_MIB = 32;
/**
 * Above all for what the garbage collector has not taken yet: this is the peak for values of
 * any size, so the huge one shows that it does not grow.
 */
const LARGE_LIMIT_MIB = 160;

async function assertPasses(
  form: FarmForm,
  what: { protocol: ValueProtocol; bytes: number; limitMiB: number; name: string },
): Promise<void> {
  const { protocol, bytes, limitMiB, name } = what;
  // Fresh, because a process never forgets its peak.
  await using farm = await Farm.start(form);
  const { stored, same, idleMiB, peakMiB } = await passValue(farm, { protocol, bytes });
  const row = [RUNTIME, name, protocol.name, `${bytes} bytes`, `${idleMiB.toFixed(0)} MiB idle`];
  console.log(`${row.join(", ")}, ${peakMiB.toFixed(0)} MiB at most`);
  const place = `${protocol.name}, ${bytes} bytes, ${name}`;
  assert(["STORED", "HD", "status 0"].includes(stored), `${place}: ${stored}`);
  assertEquals(same, true, place);
  assertLess(peakMiB - idleMiB, limitMiB, place);
}

for (const [name, form] of VALUE_FARMS) {
  for (const protocol of VALUE_PROTOCOLS) {
    test(`${protocol.name} values from 0 bytes to 100 MB pass ${name}`, {
      timeout: TIME_MS,
    }, async () => {
      for (const bytes of SMALL) {
        await assertPasses(form, { protocol, bytes, limitMiB: SMALL_LIMIT_MIB, name });
      }
      await assertPasses(form, { protocol, bytes: LARGE, limitMiB: LARGE_LIMIT_MIB, name });
    });
  }
}

test("The proxy's memory does not grow with the value", { timeout: TIME_MS }, async () => {
  const form = { mains: 1, backups: 0, memcachedArgs: HUGE_ITEMS };
  const [protocol] = VALUE_PROTOCOLS;
  const limitMiB = LARGE_LIMIT_MIB;
  await assertPasses(form, { protocol, bytes: HUGE, limitMiB, name: "one main" });
});

/** The size between two that is the largest that a server takes. */
async function largestThatFits(
  protocol: ValueProtocol,
  server: MemcachedProcess,
): Promise<number> {
  await using client = await ValueClient.connect(server.target);
  let [fits, tooLarge] = [MIB / 2, MIB + 1];
  while (tooLarge - fits > 1) {
    const bytes = Math.floor((fits + tooLarge) / 2);
    const stored = await protocol.store(client, "key", bytes);
    if (["STORED", "HD", "status 0"].includes(stored)) fits = bytes;
    else tooLarge = bytes;
  }
  return fits;
}

for (const protocol of VALUE_PROTOCOLS) {
  test(`${protocol.name}: what fits the default item size passes, what does not is refused`, {
    timeout: TIME_MS,
  }, async () => {
    await using lone = await MemcachedProcess.start();
    await using farm = await Farm.start({ mains: 1, backups: 1 });
    const largest = await largestThatFits(protocol, lone);
    await using direct = await ValueClient.connect(lone.target);
    await using client = await ValueClient.connect(farm.proxy.target);
    for (const bytes of [largest, largest + 1, MIB - 1, MIB + 1]) {
      const expected = await protocol.store(direct, "key", bytes);
      assertEquals(await protocol.store(client, "key", bytes), expected, `${bytes} bytes`);
      if (bytes === largest) assert(await protocol.read(client, "key", bytes));
    }
  });
}
