/**
 * Packets of the binary protocol → lines of text commands.
 *
 *   packet: head | extras | key | value   ->   line of a meta command | key | value
 *
 * A packet becomes the meta command that does the same, in a line of our own;
 * key and value stay where they lie in the chunk. From here on it is a request
 * like any that came as text. What has no meta command (`flush_all`, `stats`, …)
 * becomes the classic one.
 *
 * Owned by: one parser. Owns: the line, valid until the next packet.
 */

import {
  CAS,
  type Command,
  FLUSH_ALL,
  GATS,
  GETS,
  MA,
  MD,
  MD_DECIDED,
  MG,
  MG_TOUCH,
  MS,
  MS_DECIDED,
  STATS,
  VERBOSITY,
} from "../message/command.ts";
import { isPlainKey } from "../message/key.ts";
import type { Request } from "../message/request.ts";
import { encodeBase64 } from "./base64.ts";
import type { BinaryKind, BinaryOpcode } from "./binary_codes.ts";
import { OutputBuffer } from "./output_buffer.ts";
import { decimalOf64, readUint32 } from "./unsigned64.ts";

const BLANK = 0x20;
/** The line buffer is given back when a packet made it larger than this, bytes. */
const LINE_KEEP_BYTES = 2048;
/** The expiry of an `incr` that shall not create. */
const NOT_CREATING = 0xffff_ffff;
/** Meta commands take signed numbers of 32 bits for times. */
const EXPTIME_MAX = 0x7fff_ffff;

/** Where the parts of a packet lie in `bytes`. */
export interface Packet {
  readonly bytes: Uint8Array;
  readonly pos: number;
  readonly extras: number;
  readonly key: number;
  readonly value: number;
  readonly valueLength: number;
}

/** Turns packets into requests, one after the other. */
export class BinaryTranslator {
  readonly #line = new OutputBuffer();

  /** Fills the request, but for its value. */
  translate(request: Request, row: BinaryOpcode, packet: Packet): void {
    const { bytes, pos } = packet;
    const cas = isZero64(bytes, pos + 16) ? "" : decimalOf64(bytes, pos + 16);
    request.opcode = row.code;
    request.opaque = readUint32(bytes, pos + 12);
    request.quiet = row.quiet;
    request.classic = row.kind.command;
    request.cas = cas;
    request.keyBytes = request.valueBytes = bytes;
    request.keyStart = packet.key;
    request.keyEnd = packet.value;
    this.#line.clear(LINE_KEEP_BYTES);
    request.command = this.#compose(request, row, packet);
    request.bytes = this.#line.bytes;
    request.lineEnd = this.#line.length;
  }

  /** Writes the line; returns the command that it is. */
  #compose(request: Request, row: BinaryOpcode, packet: Packet): Command {
    switch (row.kind.shape) {
      case "get":
        return this.#get(request);
      case "touch":
        return this.#touch(request, row, packet);
      case "store":
        return this.#store(request, row.kind, packet);
      case "join":
        // A classic server cannot compare here.
        if (request.cas !== "") request.classic = null;
        this.#openComparing("ms", request, ` ${packet.valueLength} c${row.kind.mode}`);
        return MS_DECIDED;
      case "delete":
        if (request.cas !== "") request.classic = null;
        this.#openComparing("md", request, "");
        return request.cas === "" ? MD : MD_DECIDED;
      case "arithmetic":
        return this.#arithmetic(request, row.kind, packet);
      default:
        return this.#keyless(request, row.kind, packet);
    }
  }

  /**
   * Classic where the key allows it: gets merge, and an `mg` would take the right
   * to renew a stale value from the clients that know what to do with it.
   */
  #get(request: Request): Command {
    const plain = isPlainKey(request.keyBytes, request.keyStart, request.keyEnd);
    if (plain) this.#open("gets", request, "");
    else this.#open("mg", request, " v f c");
    return plain ? GETS : MG;
  }

  #touch(request: Request, row: BinaryOpcode, packet: Packet): Command {
    request.exptime = metaExptime(readUint32(request.keyBytes, packet.extras));
    if (row.returnsValue && isPlainKey(request.keyBytes, request.keyStart, request.keyEnd)) {
      this.#open(`gats ${request.exptime}`, request, "");
      return GATS;
    }
    const value = row.returnsValue ? " v" : "";
    this.#open("mg", request, `${value} f c T${request.exptime}`);
    return MG_TOUCH;
  }

  #store(request: Request, kind: BinaryKind, packet: Packet): Command {
    request.flags = readUint32(request.keyBytes, packet.extras);
    request.exptime = metaExptime(readUint32(request.keyBytes, packet.extras + 4));
    // With a cas number memcached takes add and replace for cas, too.
    const mode = request.cas === "" ? kind.mode : "";
    if (request.cas !== "") request.classic = CAS;
    const flags = request.flags === 0 ? "" : ` F${request.flags}`;
    const exptime = request.exptime === 0 ? "" : ` T${request.exptime}`;
    this.#openComparing("ms", request, ` ${packet.valueLength}${flags}${exptime} c${mode}`);
    return mode === "" && request.cas === "" ? MS : MS_DECIDED;
  }

  #arithmetic(request: Request, kind: BinaryKind, packet: Packet): Command {
    const { keyBytes: bytes } = request;
    const exptime = readUint32(bytes, packet.extras + 16);
    request.delta = decimalOf64(bytes, packet.extras);
    let creates = "";
    if (exptime !== NOT_CREATING) {
      creates = ` N${metaExptime(exptime)} J${decimalOf64(bytes, packet.extras + 8)}`;
    }
    // A classic server can neither create the number nor compare.
    if (creates !== "" || request.cas !== "") request.classic = null;
    this.#openComparing("ma", request, `${kind.mode} D${request.delta} v c${creates}`);
    return MA;
  }

  /** Commands without a key. */
  #keyless(request: Request, kind: BinaryKind, packet: Packet): Command {
    const command = kind.command!;
    const line = this.#line;
    line.appendAll(command.nameBytes);
    if (command === STATS && packet.value > packet.key) {
      line.appendByte(BLANK);
      line.append(request.keyBytes, packet.key, packet.value);
    }
    if (command === VERBOSITY || (command === FLUSH_ALL && packet.key > packet.extras)) {
      const number = readUint32(request.keyBytes, packet.extras);
      line.appendText(` ${command === FLUSH_ALL ? Math.min(number, EXPTIME_MAX) : number}`);
    }
    request.keyStart = request.keyEnd = 0;
    request.cas = "";
    return command;
  }

  /** Writes command, key and the rest of the line, and `b` behind a key in base64. */
  #open(name: string, request: Request, rest: string): void {
    const plain = this.#begin(name, request);
    this.#line.appendText(plain ? rest : `${rest} b`);
  }

  /** The same with the cas number of the packet, where it has one, behind the rest. */
  #openComparing(name: string, request: Request, rest: string): void {
    if (request.cas === "") return this.#open(name, request, rest);
    const plain = this.#begin(name, request);
    const line = this.#line;
    line.appendText(`${rest} C`);
    request.casStart = line.length;
    line.appendText(request.cas);
    request.casEnd = line.length;
    if (!plain) line.appendText(" b");
  }

  /** Writes command and key; false when the key went in base64. */
  #begin(name: string, request: Request): boolean {
    const { keyBytes, keyStart, keyEnd } = request;
    const line = this.#line;
    line.appendText(name);
    line.appendByte(BLANK);
    const plain = isPlainKey(keyBytes, keyStart, keyEnd);
    if (plain) {
      line.append(keyBytes, keyStart, keyEnd);
    } else {
      // Classic lines know no base64.
      request.classic = null;
      line.appendText(encodeBase64(keyBytes, keyStart, keyEnd));
    }
    return plain;
  }
}

/**
 * The time as meta commands take it. memcached reads the four bytes without a
 * sign; times that a signed number cannot say are later than 2038, which no
 * item lives to see.
 */
function metaExptime(exptime: number): number {
  return exptime > EXPTIME_MAX ? 0 : exptime;
}

function isZero64(bytes: Uint8Array, at: number): boolean {
  return readUint32(bytes, at) === 0 && readUint32(bytes, at + 4) === 0;
}
