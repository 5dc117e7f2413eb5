/**
 * Looks from time to time at keys that were cleared and are not waiting to be put back: at those
 * too large for it, and those of servers without meta commands. What is lacking nowhere any more
 * is forgotten, so that its server is not said to lack keys for ever.
 *
 *   cleared ─ the server has it: somebody wrote it ───────┬─> forgotten
 *           ─ the copy lacks it, too: expired or deleted ─┘
 *           ─ else ──> at the next round, or later
 *
 * Owned by: ServerRecovery. Owns: a timer, while there are such keys.
 */

import { GET } from "../message/command.ts";
import { isPlainKey } from "../message/key.ts";
import { ReplyStatus } from "../message/reply.ts";
import type { CopyOrder } from "../route/copy_order.ts";
import type { Copies, Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { askKey, bytesOf, lookWithoutValue, ownRequest } from "./ask_key.ts";
import type { Journal } from "./journal.ts";

/** Between two goes, ms. */
const GO_MS = 1000;
/** Keys of one go. */
const GO_KEYS = 100;
/** Between the beginnings of two rounds over all keys, at least, ms. */
const ROUND_MS = 10_000;

/** What these looks ask about the world, and whom they tell. */
export interface ClearedLooksServices {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly order: CopyOrder;
  /** The server and its copy, where both may be asked, and nobody puts keys back. */
  readonly copiesOf: (key: Uint8Array) => Copies | null;
  /** Something was forgotten. */
  readonly forgotten: () => void;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
}

/** What came of them, for `stats`. */
export class ClearedLookCounters {
  /** Keys that were looked at. */
  looked = 0;
  /** Keys that are lacking no more. */
  ended = 0;
}

/** The looks at the keys of one server. */
export class ClearedLooks {
  readonly counters: ClearedLookCounters = new ClearedLookCounters();
  readonly #services: ClearedLooksServices;
  #running = false;
  /** Keys of this round that are still to be looked at. */
  #left = 0;
  #roundMs = -Infinity;

  constructor(services: ClearedLooksServices) {
    this.#services = services;
  }

  /** Goes on until there are no such keys; safe to call while it does. */
  begin(): void {
    const { clock, signal } = this.#services;
    if (this.#running || !this.#hasKeys || signal.aborted) return;
    this.#running = true;
    clock.after(GO_MS, () => {
      void this.#go().then(() => {
        this.#running = false;
        this.begin();
      });
    });
  }

  get #hasKeys(): boolean {
    const { cleared, waiting } = this.#services.journal;
    return cleared.size > waiting.size;
  }

  async #go(): Promise<void> {
    const { clock, journal: { cleared }, forgotten } = this.#services;
    if (this.#left === 0) {
      if (clock.now() < this.#roundMs + ROUND_MS) return;
      this.#roundMs = clock.now();
      this.#left = cleared.size;
    }
    const { ended } = this.counters;
    for (let keys = Math.min(GO_KEYS, this.#left); keys > 0; keys--) {
      this.#left--;
      if (!await this.#lookAtFirst()) break;
    }
    if (this.counters.ended > ended) forgotten();
  }

  /** False when that was enough for one go. */
  async #lookAtFirst(): Promise<boolean> {
    const { journal: { cleared, waiting } } = this.#services;
    const [key] = cleared;
    if (key === undefined) {
      this.#left = 0;
      return false;
    }
    // The others come before it next time.
    cleared.delete(key);
    cleared.add(key);
    return waiting.has(key) || await this.#inTurn(key);
  }

  /** Once nothing else is under way of the key through us. */
  #inTurn(key: string): Promise<boolean> {
    const { journal, order } = this.#services;
    return new Promise((resolve) => {
      order.holding(key, (done) => {
        void this.#lookAt(bytesOf(key)).then(({ lacking, long }) => {
          this.counters.looked++;
          if (!lacking && journal.cleared.has(key)) {
            journal.forget(key);
            this.counters.ended++;
          }
          done();
          resolve(!long);
        });
      });
    });
  }

  /** Whether the copy may have what the server has not; and whether much had to be read for that. */
  async #lookAt(key: Uint8Array): Promise<{ lacking: boolean; long: boolean }> {
    const copies = this.#services.copiesOf(key);
    if (copies === null) return { lacking: true, long: false };
    const server = await holding(copies.main, key);
    if (server !== "nothing") return { lacking: server === "unknown", long: server === "long" };
    const copy = await holding(copies.backup, key);
    return { lacking: copy !== "nothing", long: copy === "long" };
  }
}

/** What a server holds of a key. `long`: a value that it was asked for whole. */
async function holding(
  server: Destination,
  key: Uint8Array,
): Promise<"value" | "long" | "nothing" | "unknown"> {
  // Without meta commands such a key has no name there.
  if (!server.speaksMeta && !isPlainKey(key, 0, key.length)) return "nothing";
  const reply = server.speaksMeta
    ? await lookWithoutValue(server, key)
    : await askKey(server, ownRequest(GET, key));
  if (reply === null) return "long";
  // A placeholder: somebody is about to fill it.
  if (reply.taken && !reply.stale) return "unknown";
  if (reply.status === ReplyStatus.Hit) return "value";
  return reply.status === ReplyStatus.Miss ? "nothing" : "unknown";
}
