/** `ma`: counts, and creates the number where it is asked to. */

import type { Request } from "../message/request.ts";
import type { Answering } from "./answering.ts";
import { type Counted, countValue, NO_NUMBER } from "./count_value.ts";
import type { Item } from "./item.ts";
import { MetaOptions } from "./meta_options.ts";

const FIRST_FLAG = 2;
const BAD_FLAG = "CLIENT_ERROR invalid or duplicate flag\r\n";
const UP: Readonly<Partial<Record<string, boolean>>> = {
  "": true,
  I: true,
  "+": true,
  D: false,
  "-": false,
};

/** A number that was counted, or made because it was not there. */
interface MadeNumber {
  readonly item: Item;
  readonly digits: string;
  readonly created: boolean;
}

/** Answers an `ma`. */
export function answerMetaArithmetic(request: Request, on: Answering): void {
  const options = new MetaOptions(request, FIRST_FLAG);
  const { store, out } = on;
  if (options.error !== null) return out.appendText(BAD_FLAG);
  const up = UP[options.mode];
  if (up === undefined) return out.appendText("CLIENT_ERROR invalid mode for ma M token\r\n");
  const key = request.keyText();
  const { delta, opaqueError } = options;
  const counted = countValue(store, { key, up, delta, compared: options.compared ?? 0n });
  if (counted === "no number") return out.appendText(NO_NUMBER);
  const number = numberOf(counted, { key, options }, on);
  if (counted === "not found" && number === null) {
    store.counters[up ? "incr_misses" : "decr_misses"]++;
  }
  if (number === null) {
    if (opaqueError !== null) return out.appendText(opaqueError);
    return sayNone(counted === "exists" ? "EX" : "NF", options, on);
  }
  const { item, digits, created } = number;
  const start = out.length;
  out.appendText(options.value ? `VA ${digits.length}` : "HD");
  appendFlags(item, { options, created }, on);
  if (opaqueError !== null) {
    out.length = start;
    return out.appendText(opaqueError);
  }
  out.appendText(options.value ? `\r\n${digits}\r\n` : "\r\n");
  // Of a number that was just made, memcached tells also those who asked for quiet.
  if (options.quiet && !created) out.length = start;
}

function numberOf(
  counted: Counted,
  { key, options }: { key: string; options: MetaOptions },
  { store }: Answering,
): MadeNumber | null {
  if (typeof counted === "object") return { ...counted, created: false };
  if (counted === "exists" || options.vivify === null) return null;
  const digits = String(options.initial);
  const value = new TextEncoder().encode(digits);
  return {
    item: store.link(key, { value, flags: 0, expiresS: 0, binaryKey: options.binaryKey }),
    digits,
    created: true,
  };
}

function sayNone(word: string, options: MetaOptions, { out }: Answering): void {
  out.appendText(word);
  options.appendEcho(out);
  out.appendText("\r\n");
}

/** `t` may stand in front of `T` and then tells the old time: so all in the order of the line. */
function appendFlags(
  item: Item,
  { options, created }: { options: MetaOptions; created: boolean },
  { store, out }: Answering,
): void {
  for (const { letter, text } of options.effective) {
    switch (letter) {
      case "T":
        item.expiresS = store.expiryOf(options.touch!);
        break;
      case "N":
        if (created) item.expiresS = store.expiryOf(options.vivify!);
        break;
      case "c":
        out.appendText(` c${item.cas}`);
        break;
      case "t":
        out.appendText(` t${store.secondsLeft(item)}`);
        break;
      case "O":
        out.appendText(` ${text}`);
        break;
      case "k":
        options.appendKey(out);
        break;
    }
  }
}
