/** `md`: deletes, or marks stale. */

import type { Request } from "../message/request.ts";
import type { Answering } from "./answering.ts";
import { MetaOptions } from "./meta_options.ts";

const FIRST_FLAG = 2;
const BAD_FLAG = "CLIENT_ERROR invalid or duplicate flag\r\n";

/** Answers an `md`. */
export function answerMetaDelete(request: Request, on: Answering): void {
  const options = new MetaOptions(request, FIRST_FLAG);
  const { out } = on;
  if (options.error !== null) return out.appendText(BAD_FLAG);
  const { opaqueError } = options;
  if (opaqueError !== null) return out.appendText(opaqueError);
  const word = deleted(request, options, on);
  if (word === "HD" && options.quiet) return;
  out.appendText(word);
  options.appendEcho(out);
  out.appendText("\r\n");
}

function deleted(request: Request, options: MetaOptions, { store }: Answering): string {
  const { counters } = store;
  const item = store.find(request.keyText());
  if (item === null) {
    counters.delete_misses++;
    return "NF";
  }
  if (options.compared !== null && options.compared !== item.cas) {
    counters.delete_misses++;
    return "EX";
  }
  if (!options.stale) {
    counters.delete_hits++;
    store.unlink(item);
    return "HD";
  }
  if (options.touch !== null) item.expiresS = store.expiryOf(options.touch);
  item.stale = true;
  // The next reader is to renew it.
  item.tokenSent = false;
  item.cas = store.nextCas();
  return "HD";
}
