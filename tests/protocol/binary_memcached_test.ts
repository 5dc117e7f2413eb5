/** Our packets beside those of a real memcached, for every opcode and outcome. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { BINARY_OPCODES } from "../../src/protocol/binary_codes.ts";
import { askedDirectly, askedThrough, type Dialect } from "../support/binary_exchange.ts";
import {
  deltaExtras,
  packet,
  type PacketFields,
  type ReadPacket,
  readPackets,
  words,
} from "../support/binary_packets.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import type { TextClient } from "../support/text_client.ts";

/** One request in one situation. */
interface Case {
  readonly opcodes: readonly number[];
  readonly fields: PacketFields;
  /** The value of the key before; null: there is none. */
  readonly before: string | null;
  /** The packet carries the cas number that the key has, or one more. */
  readonly cas?: "right" | "wrong" | "some";
}

const SET = [0x01, 0x11];
const ADD = [0x02, 0x12];
const REPLACE = [0x03, 0x13];
const STORES = [...SET, ...ADD, ...REPLACE];
const DELETE = [0x04, 0x14];
const INCR = [0x05, 0x15];
const DECR = [0x06, 0x16];
const ARITHMETIC = [...INCR, ...DECR];
const GETS = [0x00, 0x09, 0x0c, 0x0d];
const JOINS = [0x0e, 0x19, 0x0f, 0x1a];
const TOUCH = 0x1c;
const TOUCHES = [TOUCH, 0x1d, 0x1e, 0x23, 0x24];

const TOO_LARGE = "x".repeat((1 << 20) + 1);
const NEW = { extras: words(0xfedcba98, 100), value: "new" };
const FOREVER = 0xffffffff;

const CASES: readonly Case[] = [
  { opcodes: GETS, fields: {}, before: "value" },
  { opcodes: GETS, fields: {}, before: "" },
  { opcodes: GETS, fields: {}, before: null },
  { opcodes: GETS, fields: { cas: 99n }, before: "v" },
  { opcodes: TOUCHES, fields: { extras: words(100) }, before: "value" },
  { opcodes: TOUCHES, fields: { extras: words(0) }, before: "value" },
  { opcodes: TOUCHES, fields: { extras: words(FOREVER) }, before: "value" },
  { opcodes: TOUCHES, fields: { extras: words(2592001) }, before: "value" },
  { opcodes: TOUCHES, fields: { extras: words(0x7fffffff) }, before: "value" },
  { opcodes: TOUCHES, fields: { extras: words(100) }, before: null },
  { opcodes: STORES, fields: NEW, before: "old" },
  { opcodes: STORES, fields: NEW, before: null },
  { opcodes: STORES, fields: { extras: words(0, 0) }, before: "old" },
  { opcodes: STORES, fields: { extras: words(0, 2592001), value: "past" }, before: "old" },
  { opcodes: STORES, fields: { extras: words(0, FOREVER), value: "\r\n" }, before: "old" },
  { opcodes: STORES, fields: NEW, before: "old", cas: "right" },
  { opcodes: STORES, fields: NEW, before: "old", cas: "wrong" },
  { opcodes: STORES, fields: NEW, before: null, cas: "some" },
  { opcodes: SET, fields: { extras: words(1, 0), value: TOO_LARGE }, before: "old" },
  { opcodes: STORES, fields: { extras: words(1, 0), value: TOO_LARGE }, before: null },
  { opcodes: JOINS, fields: { value: "more" }, before: "old" },
  { opcodes: JOINS, fields: { value: "" }, before: "old" },
  { opcodes: JOINS, fields: { value: "more" }, before: null },
  { opcodes: JOINS, fields: { value: "more" }, before: "old", cas: "right" },
  { opcodes: JOINS, fields: { value: "more" }, before: "old", cas: "wrong" },
  { opcodes: JOINS, fields: { value: "more" }, before: null, cas: "some" },
  { opcodes: JOINS, fields: { value: TOO_LARGE }, before: null },
  { opcodes: JOINS, fields: { value: "x".repeat(600_000) }, before: "y".repeat(600_000) },
  { opcodes: DELETE, fields: {}, before: "old" },
  { opcodes: DELETE, fields: {}, before: null },
  { opcodes: DELETE, fields: {}, before: "old", cas: "right" },
  { opcodes: DELETE, fields: {}, before: "old", cas: "wrong" },
  { opcodes: DELETE, fields: {}, before: null, cas: "some" },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(3n, 9n, FOREVER) }, before: "10" },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(3n, 9n, FOREVER) }, before: null },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(3n, 9n, FOREVER) }, before: "ten" },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(3n, 9n, FOREVER) }, before: "" },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(11n, 9n, 0) }, before: "10" },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(1n, (1n << 64n) - 1n, 0) }, before: null },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(1n, 9n, 100) }, before: null },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(1n, 9n, 2592001) }, before: null },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(1n, 9n, 0xfffffffe) }, before: null },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(7n, 0n, FOREVER) }, before: `${1n << 60n}` },
  {
    opcodes: ARITHMETIC,
    fields: { extras: deltaExtras((1n << 64n) - 1n, 0n, FOREVER) },
    before: "18446744073709551615",
  },
  {
    opcodes: ARITHMETIC,
    fields: { extras: deltaExtras(1n, 0n, FOREVER) },
    before: "10",
    cas: "right",
  },
  {
    opcodes: ARITHMETIC,
    fields: { extras: deltaExtras(1n, 0n, FOREVER) },
    before: "10",
    cas: "wrong",
  },
  { opcodes: ARITHMETIC, fields: { extras: deltaExtras(1n, 0n, 0) }, before: null, cas: "some" },
];

/** Keys as every case is tried with; the last two cannot stand in a line. */
const KEYS = ["k", "k".repeat(250), "\t\xff\x01", "a b\r\nc", "\0".repeat(186)];

/** Cas numbers count on from exchange to exchange; that there is one is the same. */
function comparable(text: string): (Omit<ReadPacket, "cas"> & { cas: boolean })[] {
  return readPackets(text).map((read) => ({ ...read, cas: read.cas !== 0n }));
}

/** A line about the key, in base64 where it must be. */
function lineOf(command: string, key: string, rest = ""): string {
  const plain = !/[\0\r\n ]/.test(key);
  return plain ? `${command} ${key}${rest}\r\n` : `${command} ${btoa(key)}${rest} b\r\n`;
}

/** Puts the key in order for a case; returns the packet. */
async function prepared(
  text: TextClient,
  key: string,
  request: { opcode: number; of: Case },
): Promise<Uint8Array> {
  const { opcode, of } = request;
  await text.ask(lineOf("md", key));
  if (of.before !== null) {
    const { length } = of.before;
    await text.ask(`${lineOf("ms", key, ` ${length} F77 T5000`)}${of.before}\r\n`);
  }
  const head = await text.ask(lineOf("mg", key, " c"));
  // An answer holds its item until it is sent, and a number that gets shorter keeps its length
  // only while nobody holds it: the next answer says that this one is gone.
  await text.ask("mn\r\n");
  const cas = of.cas === undefined ? of.fields.cas ?? 0n : casOf(head, of.cas);
  return packet(opcode, { ...of.fields, key, cas });
}

function casOf(head: string, which: "right" | "wrong" | "some"): bigint {
  if (which === "some") return 12345n;
  const cas = BigInt(head.match(/^HD c(\d+)\r\n$/)![1]);
  return which === "right" ? cas : cas + 1n;
}

/** What the server holds afterwards: value, flags, and the time left up to a second or two. */
async function held(text: TextClient, key: string): Promise<string> {
  const head = await text.ask(lineOf("mg", key, " v f t"));
  if (head === "EN\r\n") return head;
  const [, length, flags, left] = head.match(/^VA (\d+) f(\d+) t(-?\d+)\r\n$/)!;
  const value = await text.readBytes(Number(length) + 2);
  // Beyond what meta numbers say there is only "never".
  const never = left === "-1" || Number(left) + Date.now() / 1000 > 0x7fffffff + 60;
  return `${flags} ${never ? "never" : Math.round(Number(left) / 10)} ${value}`;
}

/** Tries all cases in one dialect beside the server's own answers. */
async function compareAll(dialect: Dialect): Promise<Set<number>> {
  await using memcached = await MemcachedProcess.start();
  await using text = await memcached.client();
  await using binary = await memcached.client();
  const seen = new Set<number>();
  for (const of of CASES) {
    for (const opcode of of.opcodes) {
      for (const key of (of.fields.value ?? of.before ?? "").length > 1000 ? ["k"] : KEYS) {
        const direct = await askedDirectly(binary, await prepared(text, key, { opcode, of }));
        const after = await held(text, key);
        const bytes = await prepared(text, key, { opcode, of });
        const ours = await askedThrough(text, bytes, dialect);
        if (ours === null) continue;
        seen.add(opcode);
        const what = `${dialect} 0x${opcode.toString(16)} ${JSON.stringify(key)} ` +
          JSON.stringify(
            { ...of, fields: { ...of.fields, value: of.fields.value?.slice(0, 20) } },
            (_, value) => typeof value === "bigint" ? `${value}` : value,
          );
        assertEquals(compared(ours, dialect), compared(direct, dialect), what);
        assertEquals(await held(text, key), after, what);
      }
    }
  }
  return seen;
}

/** Classic answers tell no cas but to gets, and no flags to a touch. */
function compared(text: string, dialect: Dialect): unknown {
  const packets = comparable(text);
  if (dialect === "meta") return packets;
  return packets.map((read) => ({
    ...read,
    cas: read.extras === "" || read.opcode === TOUCH ? null : read.cas,
    extras: read.opcode === TOUCH ? "" : read.extras,
  }));
}

test("in meta a binary client gets memcached's packets for every outcome", async () => {
  const seen = await compareAll("meta");
  const keyed = BINARY_OPCODES.filter((row) => row.kind.key === "must" && !isRefused(row.code));
  assertEquals(keyed.filter((row) => !seen.has(row.code)).map((row) => row.name), []);
});

test("in classic a binary client gets memcached's packets, but for cas and touch flags", async () => {
  const seen = await compareAll("classic");
  const keyed = BINARY_OPCODES.filter((row) => row.kind.key === "must" && !isRefused(row.code));
  assertEquals(keyed.filter((row) => !seen.has(row.code)).map((row) => row.name), []);
});

function isRefused(code: number): boolean {
  return code === 0x21 || code === 0x22;
}
