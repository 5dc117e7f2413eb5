/** `ms`: stores in every mode, compares, and stores stale values. */

import type { Request } from "../message/request.ts";
import type { Answering } from "./answering.ts";
import { MetaOptions } from "./meta_options.ts";
import { refuseTooLarge } from "./refuse_too_large.ts";
import { type Stored, type StoreMode, storeValue } from "./store_value.ts";

const FIRST_FLAG = 3;

const MODES: Readonly<Partial<Record<string, StoreMode>>> = {
  "": "set",
  S: "set",
  E: "add",
  A: "append",
  P: "prepend",
  R: "replace",
};

const WORDS: Readonly<Record<Stored, string>> = {
  "stored": "HD",
  "not stored": "NS",
  "exists": "EX",
  "not found": "NF",
};

/** Answers an `ms`. */
export function answerMetaSet(request: Request, on: Answering): void {
  const options = new MetaOptions(request, FIRST_FLAG);
  const { store, out } = on;
  const wrong = options.error ?? modeError(options) ?? options.opaqueError;
  if (wrong !== null) return out.appendText(wrong);
  const key = request.keyText();
  const flags = options.clientFlags;
  if (refuseTooLarge(request, flags, on)) return;
  const stored = storeValue(store, {
    key,
    value: request.valueBytes.slice(request.valueStart, request.valueEnd),
    flags,
    expiresS: store.expiryOf(options.touch ?? 0),
    binaryKey: options.binaryKey,
    mode: modeOf(options),
    compared: options.compared ?? 0n,
    takesStale: options.stale,
  });
  if (stored === "stored" && options.quiet) return;
  out.appendText(WORDS[stored]);
  const cas = stored === "stored" ? store.lastCas : 0n;
  for (const { letter, text } of options.flags) {
    if (letter === "O") out.appendText(` ${text}`);
    else if (letter === "k") options.appendKey(out);
    else if (letter === "c") out.appendText(` c${cas}`);
  }
  out.appendText("\r\n");
}

function modeError({ mode }: MetaOptions): string | null {
  return MODES[mode] === undefined ? "CLIENT_ERROR invalid mode for ms M token\r\n" : null;
}

/** With a number to compare, setting and replacing are `cas`. */
function modeOf({ mode, compared }: MetaOptions): StoreMode {
  const asked = MODES[mode] ?? "set";
  return compared !== null && (asked === "set" || asked === "replace") ? "cas" : asked;
}
