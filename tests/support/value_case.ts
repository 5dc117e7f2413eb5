/** One value through a fresh proxy: stored, read, and what that cost in memory. */

import type { Farm, FarmForm } from "./farm.ts";
import { peakMemoryMiB } from "./process_memory.ts";
import { ValueClient } from "./value_client.ts";
import type { ValueProtocol } from "./value_protocols.ts";

/** Servers that take values of 100 MB. */
const LARGE_ITEMS: readonly string[] = ["-I", "128m", "-m", "1024"];

/** The farms that large values pass through. */
export const VALUE_FARMS: readonly (readonly [name: string, form: FarmForm])[] = [
  ["one main", { mains: 1, backups: 0, memcachedArgs: LARGE_ITEMS }],
  ["a main and a backup", { mains: 1, backups: 1, memcachedArgs: LARGE_ITEMS }],
];

/** What became of it. */
export interface ValueOutcome {
  readonly stored: string;
  /** Read through the proxy, and from every server itself, it is as stored. */
  readonly same: boolean;
  /** The proxy's peak before and after, MiB. */
  readonly idleMiB: number;
  readonly peakMiB: number;
}

/** Stores a value and reads it, through the proxy of a farm. */
export async function passValue(
  farm: Farm,
  { protocol, bytes }: { protocol: ValueProtocol; bytes: number },
): Promise<ValueOutcome> {
  await using client = await ValueClient.connect(farm.proxy.target);
  const idleMiB = peakMemoryMiB(farm.proxy.pid);
  const stored = await protocol.store(client, "key", bytes);
  let same = await protocol.read(client, "key", bytes);
  const peakMiB = peakMemoryMiB(farm.proxy.pid);
  for (const server of [...farm.mains, ...farm.backups]) {
    await using direct = await ValueClient.connect(server.target);
    same &&= await protocol.read(direct, "key", bytes);
  }
  return { stored, same, idleMiB, peakMiB };
}
