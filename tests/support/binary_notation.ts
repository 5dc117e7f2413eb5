/**
 * Packets of the binary protocol as lines of a transcript:
 *
 *   SET opaque=7 flags=5 exptime=0 key=k value=hello      GET status=NotFound
 *
 * The opcode by name (or as 0x7f), then fields. `flags exptime level` (32 bits), `delta initial`
 * (64 bits) and `extras` (bytes) are the extras, in the order written; `key`, `value`, or `number`
 * (a value of 64 bits) follow; `opaque`, `cas` (a number or `{cas:a}`), `status` (of a request: the
 * bucket), `datatype` and `magic` stand in the head. Lengths are counted, unless `extlen`, `keylen` or `bodylen` say
 * otherwise. An error without `value` has the text of its status. A blank is `\x20`.
 */

import { Buffer } from "node:buffer";
import { BINARY_OPCODES, BinaryStatus, STATUS_TEXTS } from "../../src/protocol/binary_codes.ts";
import { expand } from "./transcript_escapes.ts";

const HEAD_BYTES = 24;
const CAS_AT = 16;
const MAGIC = { request: 0x80, response: 0x81 };
const EXTRAS_BITS: Readonly<Record<string, 32 | 64>> = {
  flags: 32,
  exptime: 32,
  level: 32,
  delta: 64,
  initial: 64,
};
const HEAD_FIELDS: ReadonlySet<string> = new Set([
  "opaque",
  "datatype",
  "magic",
  "extlen",
  "keylen",
  "bodylen",
]);

/** One packet, and what a transcript must know of it. */
export interface NotedPacket {
  /** One character a byte. */
  readonly text: string;
  /** The name of its cas number, empty when that is written out. */
  readonly cas: string;
  readonly opcode: number;
  readonly key: string;
}

interface Parts {
  extras: string;
  key: string;
  value: string | null;
  cas: string;
  readonly head: Map<string, number>;
}

/** Reads one line. */
export function packetOf(line: string, kind: "request" | "response"): NotedPacket {
  const [name, ...words] = line.split(" ");
  const opcode = opcodeOf(name);
  const parts: Parts = { extras: "", key: "", value: null, cas: "0", head: new Map() };
  for (const word of words) readField(parts, word);
  const { extras, key, head } = parts;
  const status = head.get("status") ?? 0;
  const text = kind === "response" ? STATUS_TEXTS[status as BinaryStatus] : undefined;
  const value = parts.value ?? text ?? "";
  const body = `${extras}${key}${value}`;
  const bytes = Buffer.alloc(HEAD_BYTES);
  bytes[0] = head.get("magic") ?? MAGIC[kind];
  bytes[1] = opcode;
  bytes.writeUInt16BE(head.get("keylen") ?? key.length, 2);
  bytes[4] = head.get("extlen") ?? extras.length;
  bytes[5] = head.get("datatype") ?? 0;
  bytes.writeUInt16BE(status, 6);
  bytes.writeUInt32BE(head.get("bodylen") ?? body.length, 8);
  bytes.writeUInt32BE(head.get("opaque") ?? 0, 12);
  const named = parts.cas.match(/^\{cas:(\w+)\}$/);
  if (named === null) bytes.writeBigUInt64BE(BigInt(parts.cas), CAS_AT);
  return { text: bytes.toString("latin1") + body, cas: named?.[1] ?? "", opcode, key };
}

/** The packet with this cas number in its head. */
export function withCas(packet: string, cas: string): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(cas));
  return packet.slice(0, CAS_AT) + bytes.toString("latin1") + packet.slice(HEAD_BYTES);
}

/** The cas number in the head of a packet, in decimal digits. */
export function casOf(packet: string): string {
  return Buffer.from(packet, "latin1").readBigUInt64BE(CAS_AT).toString();
}

/** How long the packet is that begins with this head. */
export function packetLength(head: string): number {
  return HEAD_BYTES + Buffer.from(head, "latin1").readUInt32BE(8);
}

/** A packet for people to read, in nearly the notation. */
export function describePacket(packet: string): string {
  const bytes = Buffer.from(packet, "latin1");
  const row = BINARY_OPCODES.find(({ code }) => code === bytes[1]);
  const [extras, key] = [bytes[4], bytes.readUInt16BE(2)];
  const body = (from: number, to?: number) =>
    JSON.stringify(bytes.subarray(HEAD_BYTES + from, to && HEAD_BYTES + to).toString("latin1"));
  return [
    row?.name ?? `0x${bytes[1].toString(16)}`,
    `magic=0x${bytes[0].toString(16)}`,
    `status=0x${bytes.readUInt16BE(6).toString(16)}`,
    `opaque=${bytes.readUInt32BE(12)}`,
    `cas=${casOf(packet)}`,
    `extras=${body(0, extras)}`,
    `key=${body(extras, extras + key)}`,
    `value=${body(extras + key).slice(0, 200)}`,
    `datatype=${bytes[5]}`,
  ].join(" ");
}

function opcodeOf(name: string): number {
  const code = BINARY_OPCODES.find((row) => row.name === name)?.code ?? Number(name);
  if (!Number.isInteger(code)) throw new Error(`Cannot parse packet: no opcode "${name}"`);
  return code;
}

function readField(parts: Parts, word: string): void {
  const equals = word.indexOf("=");
  const name = word.slice(0, equals);
  const text = word.slice(equals + 1);
  const bits = EXTRAS_BITS[name];
  if (bits !== undefined) parts.extras += number(text, bits);
  else if (name === "extras") parts.extras += expand(text);
  else if (name === "key") parts.key = expand(text);
  else if (name === "value") parts.value = expand(text);
  else if (name === "number") parts.value = number(text, 64);
  else if (name === "cas") parts.cas = text;
  else if (name === "status") parts.head.set(name, statusOf(text));
  else if (HEAD_FIELDS.has(name)) parts.head.set(name, Number(text));
  else throw new Error(`Cannot parse packet: no field "${word}"`);
}

function number(text: string, bits: 32 | 64): string {
  const bytes = Buffer.alloc(bits / 8);
  if (bits === 32) bytes.writeUInt32BE(Number(text));
  else bytes.writeBigUInt64BE(BigInt(text));
  return bytes.toString("latin1");
}

function statusOf(text: string): number {
  const status = (BinaryStatus as Readonly<Record<string, number>>)[text] ?? Number(text);
  if (!Number.isInteger(status)) throw new Error(`Cannot parse packet: no status "${text}"`);
  return status;
}
