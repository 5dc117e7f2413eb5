/** Packets of the binary protocol for tests, written without the code under test. */

import { toBytes } from "./latin1.ts";

/** What a packet says; lengths that are given stand in the head as they are, right or wrong. */
export interface PacketFields {
  readonly magic?: number;
  readonly key?: string;
  readonly extras?: Uint8Array;
  readonly value?: string;
  readonly cas?: bigint;
  readonly opaque?: number;
  readonly status?: number;
  readonly keyLength?: number;
  readonly extrasLength?: number;
  readonly bodyLength?: number;
}

/** The opaque of packets that name none. */
export const OPAQUE = 0xdeadbeef;

/** One request, or with another magic one reply. */
export function packet(opcode: number, fields: PacketFields = {}): Uint8Array {
  const key = toBytes(fields.key ?? "");
  const value = toBytes(fields.value ?? "");
  const extras = fields.extras ?? new Uint8Array(0);
  const length = extras.length + key.length + value.length;
  const bytes = new Uint8Array(24 + length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, fields.magic ?? 0x80);
  view.setUint8(1, opcode);
  view.setUint16(2, fields.keyLength ?? key.length);
  view.setUint8(4, fields.extrasLength ?? extras.length);
  view.setUint16(6, fields.status ?? 0);
  view.setUint32(8, fields.bodyLength ?? length);
  view.setUint32(12, fields.opaque ?? OPAQUE);
  view.setBigUint64(16, fields.cas ?? 0n);
  bytes.set(extras, 24);
  bytes.set(key, 24 + extras.length);
  bytes.set(value, 24 + extras.length + key.length);
  return bytes;
}

/** One reply. */
export function replyPacket(opcode: number, fields: PacketFields = {}): Uint8Array {
  return packet(opcode, { magic: 0x81, ...fields });
}

/** Numbers of 32 bits in a row. */
export function words(...numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, index) => view.setUint32(4 * index, number));
  return bytes;
}

/** What stands before the key of `incr` and `decr`. */
export function deltaExtras(delta: bigint, initial: bigint, exptime: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, delta);
  view.setBigUint64(8, initial);
  view.setUint32(16, exptime);
  return bytes;
}

/** A whole packet, in words that a failed comparison can show. */
export interface ReadPacket {
  readonly opcode: number;
  readonly status: number;
  readonly opaque: number;
  readonly cas: bigint;
  readonly extras: string;
  readonly key: string;
  readonly value: string;
}

/** The packets in these bytes (one character a byte); fails on what is no whole reply. */
export function readPackets(text: string): ReadPacket[] {
  const bytes = toBytes(text);
  const view = new DataView(bytes.buffer);
  const packets: ReadPacket[] = [];
  for (let at = 0; at < bytes.length;) {
    if (view.getUint8(at) !== 0x81) throw new Error(`no reply at ${at}: ${JSON.stringify(text)}`);
    const keyLength = view.getUint16(at + 2);
    const extrasLength = view.getUint8(at + 4);
    const end = at + 24 + view.getUint32(at + 8);
    if (end > bytes.length) throw new Error(`a cut reply at ${at}: ${JSON.stringify(text)}`);
    const key = at + 24 + extrasLength;
    packets.push({
      opcode: view.getUint8(at + 1),
      status: view.getUint16(at + 6),
      opaque: view.getUint32(at + 12),
      cas: view.getBigUint64(at + 16),
      extras: text.slice(at + 24, key),
      key: text.slice(key, key + keyLength),
      value: text.slice(key + keyLength, end),
    });
    at = end;
  }
  return packets;
}
