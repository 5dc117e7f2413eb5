/**
 * From a request to its answer, by the shape of its command.
 *
 *   Request -> answerRequest -> bytes in `out`, or lines that follow bit by bit
 */

import type { Request } from "../message/request.ts";
import type { Answering } from "./answering.ts";
import {
  answerArithmetic,
  answerDelete,
  answerRetrieval,
  answerStore,
  answerTouch,
} from "./classic_commands.ts";
import { keyDump } from "./key_dump.ts";
import { answerMetaArithmetic } from "./meta_arithmetic.ts";
import { answerMetaDebug } from "./meta_debug.ts";
import { answerMetaDelete } from "./meta_delete.ts";
import { answerMetaGet } from "./meta_get.ts";
import { answerMetaSet } from "./meta_set.ts";

const MEGABYTE = 1 << 20;
const LIMIT_MIN_MB = 8;
const LIMIT_MAX_MB = 1_000_000_000;

/** What a request works on; `report` answers `stats GROUP`. */
export interface Answerer extends Answering {
  readonly version: string;
  report(group: string): string;
}

/** Answers one request; lines of a dump are given back, to be written as they are taken. */
export function answerRequest(request: Request, on: Answerer): Iterable<string> | null {
  switch (request.command.shape) {
    case "get":
    case "gat":
      answerRetrieval(request, on);
      return null;
    case "store":
    case "cas":
      answerStore(request, on);
      return null;
    case "arithmetic":
      answerArithmetic(request, on);
      return null;
    case "touch":
      answerTouch(request, on);
      return null;
    case "delete":
      answerDelete(request, on);
      return null;
    case "metaGet":
      answerMetaGet(request, on);
      return null;
    case "metaSet":
      answerMetaSet(request, on);
      return null;
    case "metaDelete":
      answerMetaDelete(request, on);
      return null;
    case "metaArithmetic":
      answerMetaArithmetic(request, on);
      return null;
    case "metaDebug":
      answerMetaDebug(request, on);
      return null;
    default:
      return answerKeyless(request, on);
  }
}

function answerKeyless(request: Request, on: Answerer): Iterable<string> | null {
  const words = wordsOf(request);
  const say = (text: string) => {
    if (!request.silent) on.out.appendText(text);
    return null;
  };
  switch (request.command.name) {
    case "flush_all":
      on.store.flush(request.exptime);
      return say("OK\r\n");
    case "verbosity":
      return say("OK\r\n");
    case "version":
      return say(`VERSION ${on.version}\r\n`);
    case "mn":
      return say("MN\r\n");
    case "quit":
      return null;
    case "stats":
      return say(on.report(words.slice(1).join(" ")));
    case "cache_memlimit":
      return say(limited(words[1], on));
    case "lru_crawler":
      return keyDump(on.store, words.slice(1)) ?? say("ERROR\r\n");
    case "shutdown":
      return say("ERROR: shutdown not enabled\r\n");
    default:
      return say("ERROR\r\n");
  }
}

function wordsOf({ bytes, lineStart, lineEnd }: Request): string[] {
  const line = String.fromCharCode(...bytes.subarray(lineStart, lineEnd));
  return line.split(" ").filter((word) => word !== "");
}

function limited(word: string | undefined, { store }: Answerer): string {
  if (word === undefined || !/^\d{1,10}$/.test(word)) return "ERROR\r\n";
  const megabytes = Number(word);
  if (megabytes < LIMIT_MIN_MB) {
    return "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\n";
  }
  if (megabytes > LIMIT_MAX_MB) {
    return "MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes\r\n";
  }
  store.limitTo(megabytes * MEGABYTE);
  return "OK\r\n";
}
