/**
 * `mg`: reads, touches, and hands out the right to fill or renew a value.
 *
 *   W  this client is to renew it     Z  somebody else was told so     X  the value is stale
 */

import type { Request } from "../message/request.ts";
import type { Answering } from "./answering.ts";
import type { Item } from "./item.ts";
import { appendKey } from "./append_key.ts";
import { MetaOptions } from "./meta_options.ts";

const FIRST_FLAG = 2;
const NOTHING = new Uint8Array(0);

/** Answers an `mg`. */
export function answerMetaGet(request: Request, on: Answering): void {
  const options = new MetaOptions(request, FIRST_FLAG);
  const { store, out } = on;
  if (options.error !== null) return out.appendText(options.error);
  let item = store.find(request.keyText());
  const created = item === null && options.vivify !== null;
  if (created) item = create(request, options, on);
  const { opaqueError } = options;
  // Of hits memcached counts those that it answers.
  if (item === null || opaqueError === null) count(on, item !== null, options);
  if (item === null) {
    return opaqueError === null ? sayMiss(options, on) : out.appendText(opaqueError);
  }
  const start = out.length;
  out.appendText(options.value ? `VA ${item.value.length}` : "HD");
  const won = appendFlags(item, { options, created }, on);
  if (opaqueError !== null) {
    out.length = start;
    return out.appendText(opaqueError);
  }
  appendMarks(item, won, on);
  out.appendText("\r\n");
  if (options.value) {
    out.appendAll(item.value);
    out.appendText("\r\n");
  }
  if (!options.noUpdate) store.bump(item);
}

/** Makes the empty item that a winner is to fill. */
function create(request: Request, { binaryKey }: MetaOptions, { store }: Answering): Item {
  return store.link(request.keyText(), { value: NOTHING, flags: 0, expiresS: 0, binaryKey });
}

/** As memcached does: what was created is a hit, and nothing is touched that is not there. */
function count({ store }: Answering, hit: boolean, { touch }: MetaOptions): void {
  const { counters } = store;
  if (hit && touch !== null) {
    counters.cmd_touch++;
    counters.touch_hits++;
    return;
  }
  counters.cmd_get++;
  counters[hit ? "get_hits" : "get_misses"]++;
}

function sayMiss(options: MetaOptions, { out }: Answering): void {
  if (options.quiet) return;
  out.appendText("EN");
  options.appendEcho(out);
  out.appendText("\r\n");
}

/** Does and tells what each flag asks for, in their order; true when this client won. */
function appendFlags(
  item: Item,
  { options, created }: { options: MetaOptions; created: boolean },
  { store, out }: Answering,
): boolean {
  let won = false;
  for (const { letter, text } of options.effective) {
    switch (letter) {
      case "T":
        item.expiresS = store.expiryOf(options.touch!);
        break;
      case "N":
        if (!created) break;
        item.expiresS = store.expiryOf(options.vivify!);
        won = true;
        break;
      case "R":
        if (item.tokenSent || created || item.expiresS === 0) break;
        if (item.expiresS < store.expiryOf(options.recache!)) won = true;
        break;
      case "s":
        out.appendText(` s${item.value.length}`);
        break;
      case "t":
        out.appendText(` t${store.secondsLeft(item)}`);
        break;
      case "c":
        out.appendText(` c${item.cas}`);
        break;
      case "f":
        out.appendText(` f${item.flags}`);
        break;
      case "l":
        out.appendText(` l${store.nowS - item.usedS}`);
        break;
      case "h":
        out.appendText(` h${item.fetched ? 1 : 0}`);
        break;
      case "O":
        out.appendText(` ${text}`);
        break;
      case "k":
        appendKey(out, item.key, item.binaryKey);
        break;
    }
  }
  return won;
}

/** Who won is told nothing of others; a stale value without a winner has one now. */
function appendMarks(item: Item, won: boolean, { out }: Answering): void {
  const wins = won || (item.stale && !item.tokenSent);
  if (item.tokenSent) out.appendText(" Z");
  if (item.stale) out.appendText(" X");
  if (!wins) return;
  out.appendText(" W");
  item.tokenSent = true;
}
