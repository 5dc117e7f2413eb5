/** The head of a packet of the binary protocol, and the packets that say what is wrong. */

import type { Reply } from "../message/reply.ts";
import { type BinaryStatus, STATUS_TEXTS } from "./binary_codes.ts";
import { markCas } from "./cas_token.ts";
import { OutputBuffer } from "./output_buffer.ts";
import { writeDecimal64, writeUint32 } from "./unsigned64.ts";

/** Every packet begins with this many bytes. */
export const HEAD_BYTES = 24;
/** The first byte of a request. */
export const REQUEST_MAGIC = 0x80;

const RESPONSE_MAGIC = 0x81;
const CAS_AT = 16;

/** The request that a packet answers. */
export interface Answered {
  readonly opcode: number;
  readonly opaque: number;
}

/** What the head of one answer says. */
export interface PacketHead {
  readonly status: BinaryStatus;
  /** Lengths in bytes; of the value also where it is not written yet. */
  readonly extras: number;
  readonly key: number;
  readonly value: number;
}

/** Writes packets; reused for all of a client. */
export class PacketWriter {
  readonly #head = new Uint8Array(HEAD_BYTES);

  constructor() {
    this.#head[0] = RESPONSE_MAGIC;
  }

  /** The next packet carries the cas number of this reply. */
  takeCas({ bytes, casStart, casEnd, generation }: Reply): void {
    writeDecimal64(this.#head, CAS_AT, { bytes, start: casStart, end: casEnd });
    if (generation !== 0) markCas(this.#head, CAS_AT, generation);
  }

  /** Writes the head; extras, key and value are the caller's. */
  writeHead(out: OutputBuffer, answered: Answered, head: PacketHead): void {
    const bytes = this.#head;
    bytes[1] = answered.opcode;
    bytes[2] = head.key >> 8;
    bytes[3] = head.key;
    bytes[4] = head.extras;
    bytes[6] = head.status >> 8;
    bytes[7] = head.status;
    writeUint32(bytes, 8, head.extras + head.key + head.value);
    writeUint32(bytes, 12, answered.opaque);
    out.append(bytes, 0, HEAD_BYTES);
    bytes.fill(0, CAS_AT);
  }

  /** Writes an error with a text of its own, or with that of its status. */
  writeError(out: OutputBuffer, answered: Answered, status: BinaryStatus, text?: string): void {
    const body = text ?? STATUS_TEXTS[status] ?? "";
    this.writeHead(out, answered, { status, extras: 0, key: 0, value: body.length });
    out.appendText(body);
  }
}

/** One whole error packet. */
export function errorPacket(answered: Answered, status: BinaryStatus): Uint8Array {
  const out = new OutputBuffer();
  new PacketWriter().writeError(out, answered, status);
  return out.view();
}
