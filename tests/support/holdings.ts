/** What servers hold of some keys, asked of themselves: value, flags and time to live. */

import { Buffer } from "node:buffer";
import { poll } from "./deadline.ts";
import { type Target, TextClient } from "./text_client.ts";

const AGREE_MS = 3000;
const TTL_SLACK_S = 1;

/** What a server holds of one key. */
export interface Held {
  readonly value: string;
  readonly flags: string;
  /** Seconds; -1 is never. */
  readonly ttl: number;
  /** A lease was given out or the value is stale, so clients are not to be told of it. */
  readonly leased: boolean;
}

/** By key; null for a key that is not there. */
export type Holdings = ReadonlyMap<string, Held | null>;

/** Asks a server for all keys. */
export async function holdingsOf(target: Target, keys: Iterable<string>): Promise<Holdings> {
  await using client = await TextClient.connect(target);
  const holdings = new Map<string, Held | null>();
  for (const key of keys) holdings.set(key, await heldOf(client, key));
  return holdings;
}

async function heldOf(client: TextClient, key: string): Promise<Held | null> {
  const plain = /^[^\0\r\n ]+$/.test(key);
  const word = plain ? key : `${Buffer.from(key, "latin1").toString("base64")} b`;
  const [name, ...flags] = word.split(" ");
  client.send(["mg", name, "v", "f", "t", ...flags].join(" ") + "\r\n");
  const head = await client.readLine();
  if (head === "EN") return null;
  const [code, length, ...words] = head.split(" ");
  // Too long in base64: a server can hold it only if a binary client of its own stored it.
  if (code !== "VA") return null;
  const value = await client.readBytes(Number(length));
  await client.readBytes(2);
  const argument = (letter: string) => words.find((one) => one.startsWith(letter))?.slice(1) ?? "";
  const leased = words.some((one) => ["W", "Z", "X"].includes(one));
  return { value, flags: argument("f"), ttl: Number(argument("t")), leased };
}

/** How to compare. */
export interface Comparison {
  /** Keys may be missing at the copy: its main cannot tell what to copy. */
  readonly mayLack: boolean;
}

/** The first key of which a copy holds something else; null when there is none. */
export function difference(
  copy: Holdings,
  original: Holdings,
  { mayLack }: Comparison,
): string | null {
  for (const [key, expected] of original) {
    const got = copy.get(key) ?? null;
    if (got === null && (expected === null || mayLack || expected.leased)) continue;
    if (got !== null && expected !== null && isSame(got, expected)) continue;
    const [name, want, have] = [key, expected, got].map((part) =>
      JSON.stringify(part).slice(0, 200)
    );
    return `of key ${name} the copy holds ${have}, the original ${want}`;
  }
  return null;
}

/** Waits until a server holds what it should: a copy may be a moment behind the answer. */
export async function assertHolds(
  target: Target,
  original: Holdings,
  comparison: Comparison,
): Promise<void> {
  let found: string | null = null;
  await poll(
    async () => {
      found = difference(await holdingsOf(target, original.keys()), original, comparison);
      return found === null ? true : null;
    },
    AGREE_MS,
    "agreement",
  ).catch(() => {
    throw new Error(`${found}`);
  });
}

function isSame(one: Held, other: Held): boolean {
  if (unpadded(one.value) !== unpadded(other.value) || one.flags !== other.flags) return false;
  if ((one.ttl === -1) !== (other.ttl === -1)) return false;
  return Math.abs(one.ttl - other.ttl) <= TTL_SLACK_S;
}

/** Whether memcached pads a number that became shorter depends on who else reads it just then. */
function unpadded(value: string): string {
  return /^\d+ *$/.test(value) ? value.trimEnd() : value;
}
