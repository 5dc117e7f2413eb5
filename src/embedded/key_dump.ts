/**
 * The names of all items: `lru_crawler metadump` and `mgdump`.
 *
 * The items are named as they were when the dump began; those that died meanwhile are left out.
 */

import { base64Of } from "./append_key.ts";
import type { ItemStore } from "./item_store.ts";
import { bytesOf, type Item } from "./item.ts";
import { slabClassOf } from "./slab_class.ts";

const CLASSES_MAX = 63;

/** The lines of a dump, or the one that refuses it; null when the words ask for none. */
export function keyDump(store: ItemStore, words: readonly string[]): Iterable<string> | null {
  const [kind, part] = words;
  if ((kind !== "metadump" && kind !== "mgdump") || part === undefined) return null;
  const classes = classesOf(part);
  if (classes === "bad") return ["BADCLASS invalid class id\r\n"];
  return dumpLines(store, kind, classes);
}

function* dumpLines(
  store: ItemStore,
  kind: "metadump" | "mgdump",
  classes: ReadonlySet<number> | "all",
): Iterable<string> {
  for (const item of [...store.items()]) {
    if (store.find(item.key) !== item) continue;
    if (classes !== "all" && !classes.has(slabClassOf(bytesOf(item)))) continue;
    yield kind === "mgdump" ? `mg ${base64Of(item.key)} b\r\n` : metadumpLine(item);
  }
  yield kind === "mgdump" ? "EN\r\n" : "END\r\n";
}

function metadumpLine(item: Item): string {
  const size = bytesOf(item);
  return `key=${uriEncoded(item.key)} exp=${item.expiresS === 0 ? -1 : item.expiresS} ` +
    `la=${item.usedS} cas=${item.cas} fetch=${item.fetched ? "yes" : "no"} ` +
    `cls=${slabClassOf(size)} size=${size}\n`;
}

function classesOf(part: string): ReadonlySet<number> | "all" | "bad" {
  if (part === "all" || part === "hash") return "all";
  const classes = part.split(",").map((text) => /^\d{1,3}$/.test(text) ? Number(text) : 0);
  return classes.every((id) => id > 0 && id <= CLASSES_MAX) ? new Set(classes) : "bad";
}

/** Byte by byte; the letters that stay are those of RFC 3986. */
function uriEncoded(key: string): string {
  return key.replaceAll(
    /[^A-Za-z0-9\-._~]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
