/**
 * Packets of the binary protocol → requests: finds where a packet ends, refuses
 * what is malformed, and leaves the rest to the translator.
 *
 * Statuses are those of memcached 1.6.18: lengths that contradict each other, or
 * that the opcode does not have, cost the connection.
 *
 * Owned by: one session. Owns: its translator.
 */

import { Body } from "../message/body.ts";
import { VERSION_COMMAND } from "../message/command.ts";
import { isPlainKey } from "../message/key.ts";
import type { Request } from "../message/request.ts";
import { type BinaryKind, binaryOpcode, BinaryStatus } from "./binary_codes.ts";
import { errorPacket, HEAD_BYTES, REQUEST_MAGIC } from "./binary_packet.ts";
import { BinaryTranslator } from "./binary_translator.ts";
import type { Input } from "./input.ts";
import { KEY_BYTES_MAX, Parsed, type ParserLimits, type RequestParser } from "./request_parser.ts";
import { readUint32 } from "./unsigned64.ts";

const NOTHING = new Uint8Array(0);
const BLANK = 0x20;
/** `ms` takes no longer value than this, whatever the item size. */
const VALUE_BYTES_MAX = 0x7fff_ffff - 2;
/** Base64 of more bytes is longer than a key may be. */
const ODD_KEY_BYTES_MAX = 186;

/** Reads the packets of one client. */
export class BinaryRequestParser implements RequestParser {
  answer: Uint8Array = NOTHING;
  readonly #limits: ParserLimits;
  readonly #translator = new BinaryTranslator();
  /** Bytes still to come of a packet that was refused. */
  #skip = 0;

  constructor(limits: ParserLimits) {
    this.#limits = limits;
  }

  next(input: Input, request: Request): Parsed {
    if (this.#skip > 0) this.#pass(input);
    const { bytes, pos, length } = input;
    if (length === 0 || length < input.need) return Parsed.More;
    input.need = 0;
    request.clear(VERSION_COMMAND, NOTHING);
    this.answer = NOTHING;
    if (bytes[pos] !== REQUEST_MAGIC) return Parsed.Close;
    if (length < HEAD_BYTES) return this.#more(input, HEAD_BYTES);
    const row = binaryOpcode(bytes[pos + 1]);
    const keyLength = bytes[pos + 2] << 8 | bytes[pos + 3];
    const extrasLength = bytes[pos + 4];
    const bodyLength = readUint32(bytes, pos + 8);
    const valueLength = bodyLength - extrasLength - keyLength;
    if (valueLength < 0) return this.#fail(input, BinaryStatus.UnknownCommand);
    if (keyLength > KEY_BYTES_MAX) return this.#fail(input, BinaryStatus.Invalid);
    if (row === null) return this.#refuse(input, BinaryStatus.UnknownCommand, bodyLength);
    const { kind } = row;
    if (!fits(kind, { extrasLength, keyLength, valueLength })) {
      return this.#fail(input, BinaryStatus.Invalid);
    }
    if (kind.shape === "refused") {
      return this.#refuse(input, BinaryStatus.UnknownCommand, bodyLength);
    }
    if (valueLength > VALUE_BYTES_MAX) return this.#fail(input, BinaryStatus.TooLarge);
    const large = valueLength > this.#limits.streamBytes;
    const wanted = HEAD_BYTES + bodyLength - (large ? valueLength : 0);
    if (length < wanted) return this.#more(input, wanted);
    const extras = pos + HEAD_BYTES;
    const key = extras + extrasLength;
    const value = key + keyLength;
    if (!isCarried(kind, bytes, key, value)) {
      const status = kind.shape === "stat" ? BinaryStatus.NotFound : BinaryStatus.Invalid;
      return this.#refuse(input, status, bodyLength);
    }
    this.#translator.translate(request, row, { bytes, pos, extras, key, value, valueLength });
    if (large) {
      request.body = new Body(valueLength + 2, { closes: true });
    } else if (kind.value) {
      request.valueStart = value;
      request.valueEnd = value + valueLength;
    }
    input.pos += wanted;
    return Parsed.Request;
  }

  #more(input: Input, wanted: number): Parsed {
    input.need = wanted;
    return Parsed.More;
  }

  /** Answers with an error and passes over the rest of the packet. */
  #refuse(input: Input, status: BinaryStatus, bodyLength: number): Parsed {
    this.answer = this.#error(input, status);
    this.#skip = HEAD_BYTES + bodyLength;
    this.#pass(input);
    return Parsed.Answer;
  }

  /** Answers with an error and gives the client up: what follows cannot be told. */
  #fail(input: Input, status: BinaryStatus): Parsed {
    this.answer = this.#error(input, status);
    return Parsed.Close;
  }

  #error(input: Input, status: BinaryStatus): Uint8Array {
    const { bytes, pos } = input;
    return errorPacket({ opcode: bytes[pos + 1], opaque: readUint32(bytes, pos + 12) }, status);
  }

  #pass(input: Input): void {
    const count = Math.min(this.#skip, input.length);
    input.pos += count;
    this.#skip -= count;
  }
}

/** True when extras, key and value are as long as the kind wants them. */
function fits(
  kind: BinaryKind,
  lengths: { extrasLength: number; keyLength: number; valueLength: number },
): boolean {
  if (!kind.extras.includes(lengths.extrasLength)) return false;
  if (kind.key === "none" && lengths.keyLength > 0) return false;
  if (kind.key === "must" && lengths.keyLength === 0) return false;
  return kind.value || lengths.valueLength === 0;
}

/** True when the key can stand in a line: plain or, for a server, in base64. */
function isCarried(kind: BinaryKind, bytes: Uint8Array, start: number, end: number): boolean {
  if (kind.shape !== "stat") {
    return end - start <= ODD_KEY_BYTES_MAX || isPlainKey(bytes, start, end);
  }
  // Groups have words (`detail on`), and nothing that ends a line.
  for (let at = start; at < end; at++) if (bytes[at] < BLANK) return false;
  return true;
}
