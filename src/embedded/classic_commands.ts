/**
 * The classic commands on items: `get`, `set`, `incr`, … Lines were checked by the parser; with
 * `noreply` nothing is said.
 */

import { INCR, SET } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import { binaryOpcode } from "../protocol/binary_codes.ts";
import { readUnsigned64, Tokens } from "../protocol/tokens.ts";
import type { Answering } from "./answering.ts";
import { countValue } from "./count_value.ts";
import type { Item } from "./item.ts";
import { type Stored, type StoreMode, storeValue } from "./store_value.ts";

/** What is said of a value that no item can hold. */
export const TOO_LARGE = "SERVER_ERROR object too large for cache\r\n";
/** What is said of counting in a value that is no number. */
export const NO_NUMBER = "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";

const LINE_END = new Uint8Array([0x0d, 0x0a]);

const STORED: Readonly<Record<Stored, string>> = {
  "stored": "STORED\r\n",
  "not stored": "NOT_STORED\r\n",
  "exists": "EXISTS\r\n",
  "not found": "NOT_FOUND\r\n",
};

/** The value of a request, as its line announced it; a body that streams is told by its length. */
export function valueLengthOf(request: Request): number {
  return request.body === null ? request.valueLength : request.body.left - LINE_END.length;
}

/** `get`, `gets`, `gat`, `gats`: one key; behind the last one stands `END`. */
export function answerRetrieval(request: Request, on: Answering): void {
  const { name, shape } = request.command;
  const item = shape === "gat" ? touched(request, on) : read(request, on);
  if (item !== null) appendValue(on, item, name.endsWith("s"));
  if (request.last) on.out.appendText("END\r\n");
}

/** `set`, `add`, `replace`, `append`, `prepend`, `cas`. */
export function answerStore(request: Request, on: Answering): void {
  const { store } = on;
  const { flags, command } = request;
  const key = request.keyText();
  if (!store.fits({ key: key.length, flags, value: valueLengthOf(request) })) {
    store.counters.store_too_large++;
    // A value that was to be replaced must not be read again.
    if (command === SET) dropOld(on, key);
    return say(request, on, TOO_LARGE);
  }
  const stored = storeValue(store, {
    key,
    value: request.valueBytes.slice(request.valueStart, request.valueEnd),
    flags,
    expiresS: store.expiryOf(request.exptime),
    binaryKey: false,
    mode: command.name as StoreMode,
    compared: command.shape === "cas" ? wordOf(request, 5) : 0n,
    takesStale: false,
  });
  say(request, on, STORED[stored]);
}

/** `incr`, `decr`. */
export function answerArithmetic(request: Request, on: Answering): void {
  const up = request.command === INCR;
  const counted = countValue(on.store, {
    key: request.keyText(),
    up,
    delta: wordOf(request, 2),
    compared: 0n,
  });
  if (counted === "no number") return say(request, on, NO_NUMBER);
  if (typeof counted === "string") {
    on.store.counters[up ? "incr_misses" : "decr_misses"]++;
    return say(request, on, STORED["not found"]);
  }
  say(request, on, `${counted.digits}\r\n`);
}

/** `touch`. */
export function answerTouch(request: Request, on: Answering): void {
  say(request, on, touched(request, on) === null ? "NOT_FOUND\r\n" : "TOUCHED\r\n");
}

/** `delete`. */
export function answerDelete(request: Request, on: Answering): void {
  const { store } = on;
  const item = store.find(request.keyText());
  store.counters[item === null ? "delete_misses" : "delete_hits"]++;
  if (item === null) return say(request, on, "NOT_FOUND\r\n");
  store.unlink(item);
  say(request, on, "DELETED\r\n");
}

/** Takes a value away that a store was to replace and could not. */
export function dropOld({ store }: Answering, key: string): void {
  const old = store.find(key);
  if (old !== null) store.unlink(old);
}

/** True for a binary request that leaves the old value when its own is too large. */
export function keepsOld(request: Request): boolean {
  if (request.opcode < 0) return false;
  return binaryOpcode(request.opcode)?.kind.command !== SET;
}

/** The number in one word of the line, which the parser has found to be one. */
function wordOf(request: Request, word: number): bigint {
  const tokens = new Tokens();
  tokens.split(request.bytes, request.lineStart, request.lineEnd);
  return readUnsigned64(request.bytes, tokens.starts[word], tokens.ends[word]) ?? 0n;
}

function read(request: Request, { store }: Answering): Item | null {
  const item = store.find(request.keyText());
  store.counters.cmd_get++;
  store.counters[item === null ? "get_misses" : "get_hits"]++;
  if (item !== null) store.bump(item);
  return item;
}

function touched(request: Request, { store }: Answering): Item | null {
  const { counters } = store;
  const item = store.find(request.keyText());
  counters.cmd_touch++;
  counters[item === null ? "touch_misses" : "touch_hits"]++;
  if (item === null) return null;
  item.expiresS = store.expiryOf(request.exptime);
  store.bump(item);
  return item;
}

function appendValue({ out }: Answering, item: Item, withCas: boolean): void {
  const cas = withCas ? ` ${item.cas}` : "";
  out.appendText(`VALUE ${item.key} ${item.flags} ${item.value.length}${cas}\r\n`);
  out.appendAll(item.value);
  out.appendAll(LINE_END);
}

function say(request: Request, { out }: Answering, text: string): void {
  if (!request.silent) out.appendText(text);
}
