/** What the commands of a server work on. */

import type { OutputBuffer } from "../protocol/output_buffer.ts";
import type { ItemStore } from "./item_store.ts";

/** The store, and where the answer goes; an answer is what memcached 1.6.18 says. */
export interface Answering {
  readonly store: ItemStore;
  readonly out: OutputBuffer;
}
