/**
 * The classic commands on items: `get`, `set`, `incr`, … Lines were checked by the parser; with
 * `noreply` nothing is said.
 */

import { INCR } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import { readUnsigned64, Tokens } from "../protocol/tokens.ts";
import type { Answering } from "./answering.ts";
import { countValue, NO_NUMBER } from "./count_value.ts";
import type { Item } from "./item.ts";
import { refuseTooLarge } from "./refuse_too_large.ts";
import { type Stored, type StoreMode, storeValue } from "./store_value.ts";

const LINE_END = new Uint8Array([0x0d, 0x0a]);

const STORED: Readonly<Record<Stored, string>> = {
  "stored": "STORED\r\n",
  "not stored": "NOT_STORED\r\n",
  "exists": "EXISTS\r\n",
  "not found": "NOT_FOUND\r\n",
};

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
  if (refuseTooLarge(request, flags, on)) return;
  const stored = storeValue(store, {
    key: request.keyText(),
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
