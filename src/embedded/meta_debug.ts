/** `me`: all there is to tell about an item. */

import type { Request } from "../message/request.ts";
import type { Answering } from "./answering.ts";
import { base64Of } from "./append_key.ts";
import { bytesOf } from "./item.ts";
import { slabClassOf } from "./slab_class.ts";

/** Answers an `me`; the time left has the wrong sign, as in memcached 1.6.18. */
export function answerMetaDebug(request: Request, { store, out }: Answering): void {
  const { bytes, lineStart, lineEnd } = request;
  const line = String.fromCharCode(...bytes.subarray(lineStart, lineEnd));
  const inBase64 = line.split(/ +/).filter((word) => word !== "")[2] === "b";
  // The parser leaves the key in the line when it does not decode.
  if (inBase64 && request.keyBytes === bytes) {
    return out.appendText("CLIENT_ERROR bad command line format\r\n");
  }
  store.counters.cmd_meta++;
  const item = store.find(request.keyText());
  if (item === null) return out.appendText("EN\r\n");
  const size = bytesOf(item);
  const exptime = item.expiresS === 0 ? -1 : -store.secondsLeft(item);
  out.appendText(
    `ME ${item.binaryKey ? base64Of(item.key) : item.key} exp=${exptime} ` +
      `la=${store.nowS - item.usedS} cas=${item.cas} fetch=${item.fetched ? "yes" : "no"} ` +
      `cls=${slabClassOf(size)} size=${size}\r\n`,
  );
}
