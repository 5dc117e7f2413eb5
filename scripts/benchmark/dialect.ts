/**
 * The three protocols as the load generator speaks them: byte patterns in which
 * only the digits of keys are open.
 *
 *   get bench100:KEY                VALUE bench100:KEY 0 100
 *                                   KEYxxxxx…
 *                                   END
 *
 * All keys are equally long and every value starts with the digits of its key, so
 * an answer that belongs to somebody else is noticed in every protocol.
 */

/** The protocols that can be measured. */
export type Protocol = "classic" | "meta" | "binary";

/** Digits of a key's number. */
export const DIGITS = 8;

/** What a byte of a pattern may be. */
export const ByteKind = { Literal: 0, Digit: 1, Free: 2 } as const;

/** Bytes to send or to expect, and which of them are digits of a key. */
export interface Pattern {
  readonly bytes: Uint8Array;
  /** One `ByteKind` per byte. */
  readonly kinds: Uint8Array;
  /** Where digits of a key start. */
  readonly digitsAt: readonly number[];
}

/** Requests of one protocol, and the replies that are right. */
export interface Dialect {
  readonly get: Pattern;
  readonly set: Pattern;
  /** What comes before the filling of a value, and after it. */
  readonly hitHead: Pattern;
  readonly hitTail: Pattern;
  /** The same of the last value of an answer. */
  readonly lastTail: Pattern;
  readonly stored: Pattern;
}

/** The length of values and how many keys one get asks for. */
export interface Shape {
  readonly valueBytes: number;
  readonly keysPerGet: number;
  /** What keys begin with. */
  readonly keyWord?: string;
}

/** Digits of a key, bytes that may be anything, or bytes as they are. */
type Part = "KEY" | { readonly free: number } | string | readonly number[];

const DIALECTS: Record<Protocol, (shape: Shape) => Dialect> = { classic, meta, binary };

/** The patterns of a protocol. */
export function dialectOf(protocol: Protocol, shape: Shape): Dialect {
  if (shape.valueBytes < DIGITS) throw new RangeError(`A value holds at least ${DIGITS} bytes`);
  if (protocol !== "classic" && shape.keysPerGet > 1) {
    throw new RangeError(`Only a classic get has several keys: protocol is "${protocol}"`);
  }
  return DIALECTS[protocol](shape);
}

function classic(shape: Shape): Dialect {
  const { valueBytes, keysPerGet } = shape;
  const prefix = prefixOf(shape);
  const keys = Array.from({ length: keysPerGet }, (): Part[] => [` ${prefix}`, "KEY"]).flat();
  return {
    get: pattern("get", ...keys, "\r\n"),
    set: pattern("set ", prefix, "KEY", ` 0 0 ${valueBytes}\r\n`, ...value(valueBytes), "\r\n"),
    hitHead: pattern("VALUE ", prefix, "KEY", ` 0 ${valueBytes}\r\n`, "KEY"),
    hitTail: pattern("\r\n"),
    lastTail: pattern("\r\nEND\r\n"),
    stored: pattern("STORED\r\n"),
  };
}

function meta(shape: Shape): Dialect {
  const { valueBytes } = shape;
  const prefix = prefixOf(shape);
  return {
    get: pattern("mg ", prefix, "KEY", " v\r\n"),
    set: pattern("ms ", prefix, "KEY", ` ${valueBytes}\r\n`, ...value(valueBytes), "\r\n"),
    hitHead: pattern(`VA ${valueBytes}\r\n`, "KEY"),
    hitTail: pattern("\r\n"),
    lastTail: pattern("\r\n"),
    stored: pattern("HD\r\n"),
  };
}

function binary(shape: Shape): Dialect {
  const { valueBytes } = shape;
  const prefix = prefixOf(shape);
  const keyBytes = prefix.length + DIGITS;
  const exptimeAndFlags = [0, 0, 0, 0, 0, 0, 0, 0];
  const setHead = requestHead({ opcode: 1, keyBytes, extras: 8, valueBytes });
  return {
    get: pattern(requestHead({ opcode: 0, keyBytes, extras: 0, valueBytes: 0 }), prefix, "KEY"),
    set: pattern(setHead, exptimeAndFlags, prefix, "KEY", ...value(valueBytes)),
    hitHead: pattern(...replyHead(0, 4, valueBytes), [0, 0, 0, 0], "KEY"),
    hitTail: pattern(),
    lastTail: pattern(),
    stored: pattern(...replyHead(1, 0, 0)),
  };
}

/** Servers hold values of several lengths side by side. */
function prefixOf({ valueBytes, keyWord }: Shape): string {
  return `${keyWord ?? "bench"}${valueBytes}:`;
}

function value(valueBytes: number): Part[] {
  return ["KEY", "x".repeat(valueBytes - DIGITS)];
}

function requestHead(
  of: { opcode: number; keyBytes: number; extras: number; valueBytes: number },
): number[] {
  const body = uint32(of.extras + of.keyBytes + of.valueBytes);
  const opaqueAndCas = new Array(12).fill(0);
  return [0x80, of.opcode, 0, of.keyBytes, of.extras, 0, 0, 0, ...body, ...opaqueAndCas];
}

/** The opaque is ours, 0; the cas is the server's. */
function replyHead(opcode: number, extras: number, valueBytes: number): Part[] {
  const known = [0x81, opcode, 0, 0, extras, 0, 0, 0, ...uint32(extras + valueBytes), 0, 0, 0, 0];
  return [known, { free: 8 }];
}

function uint32(number: number): number[] {
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff];
}

function pattern(...parts: readonly Part[]): Pattern {
  const bytes: number[] = [];
  const kinds: number[] = [];
  const digitsAt: number[] = [];
  for (const part of parts) {
    if (part === "KEY") digitsAt.push(bytes.length);
    const { more, kind } = bytesOf(part);
    for (const byte of more) {
      bytes.push(byte);
      kinds.push(kind);
    }
  }
  return { bytes: Uint8Array.from(bytes), kinds: Uint8Array.from(kinds), digitsAt };
}

function bytesOf(part: Part): { more: Iterable<number>; kind: number } {
  if (part === "KEY") return { more: new Uint8Array(DIGITS), kind: ByteKind.Digit };
  if (typeof part === "string") {
    return { more: new TextEncoder().encode(part), kind: ByteKind.Literal };
  }
  if ("free" in part) return { more: new Uint8Array(part.free), kind: ByteKind.Free };
  return { more: part, kind: ByteKind.Literal };
}
