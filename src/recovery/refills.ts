/**
 * Puts keys back on a server that missed a change of them, after the replay has deleted
 * them there: without it they would be on one copy only until they are set again.
 *
 *   key in its turn (CopyOrder) ─> refill ─ put back, or nothing to put back ─> trusted
 *                                         ─ not now, or never ────────────────> cleared
 *                                         ─ no room for its value ─> in line ─> refill
 *
 * No placeholders: the server is in service, and other proxies read it in plain text.
 * Nobody reads the key there through us before it is trusted again. Changes of the key
 * through us wait meanwhile (CopyOrder), and reach the copy first.
 *
 * Others send a change to both servers at once: for these there is a second look.
 *
 * Values in parts that find no room at once come last, and wait for it in line: for a few
 * seconds, because nobody else reads the server meanwhile. What is left then is cleared.
 *
 * Owned by: ServerRecovery. Owns: the second looks.
 */

import { FETCH } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import type { CopyOrder } from "../route/copy_order.ts";
import type { Copies, Destination } from "../route/route.ts";
import { bytesOf, ownRequest } from "./ask_key.ts";
import type { HeldValues } from "./held_values.ts";
import type { Journal } from "./journal.ts";
import { type Outcome, refill, type RefilledKey, type RefillTerms } from "./refill.ts";
import { SecondLooks, type SecondLooksServices } from "./second_looks.ts";
import { ValueRoom } from "./value_room.ts";

/** Keys under way at a time. */
const WINDOW = 256;
/** Of these, keys that waited for room. */
const ROOM_WINDOW = 2;
/** Keys wait for room for so long after the others, ms. */
const ROOM_MS = 5000;
/** Waiting keys that are looked at in one go. */
const RECALL_MAX = 10_000;

/** What became of keys that were to be put back, for `stats`. */
export class RefillCounters {
  /** Keys put back. */
  refilled = 0;
  /** Keys that the copy did not have either. */
  absent = 0;
  /** Keys that somebody has written since. */
  overtaken = 0;
  /** Keys that could not be put back because a server failed, or cannot tell or take them. */
  failed = 0;
  /** Keys that found no room for their value in time. */
  postponed = 0;
  /** Keys whose value is too large to be put back. */
  large = 0;
}

/** What refills of one server ask about the world. */
export interface RefillServices extends Omit<SecondLooksServices, "copiesOf"> {
  readonly journal: Journal;
  readonly order: CopyOrder;
  /** Room for values that come in parts. */
  readonly held: HeldValues;
  readonly unixTime: () => number;
  /** The server and the one to copy from; null when the key is another's, or has no such server. */
  readonly copiesOf: (key: Request) => Copies | null;
  /** The server missed a flush_all, and is still to be flushed. */
  readonly flushMissed: () => boolean;
  /** Keys are being put back on the server in another way. */
  readonly beingRestored: (server: Destination) => boolean;
}

/** The refills of one server. */
export class Refills {
  readonly counters: RefillCounters = new RefillCounters();
  readonly looks: SecondLooks;
  readonly #services: RefillServices;
  readonly #terms: RefillTerms;
  /** Grows when what was read of copies before must not be put back any more. */
  #epoch = 0;
  /** Under way. */
  #flushes = 0;

  constructor(services: RefillServices) {
    this.#services = services;
    this.looks = new SecondLooks({ ...services, copiesOf: this.copiesOf });
    this.#terms = {
      ...services,
      copiesOf: this.copiesOf,
      flushing: () => this.#flushes > 0,
      epoch: () => this.#epoch,
      left: (left) => this.looks.add(left),
    };
  }

  /**
   * Takes keys that were deleted, and nothing older can arrive of, out of the missed ones;
   * false when the server was lost in between.
   */
  async run(keys: readonly string[]): Promise<boolean> {
    const { held, clock } = this.#services;
    const roomless: RefilledKey[] = [];
    const atOnce = async (name: string) => {
      const key = { name, room: new ValueRoom(held) };
      const outcome = await this.#inTurn(key);
      if (outcome === "no room") roomless.push(key);
      return outcome !== "lost";
    };
    if (!await inParallel(keys, WINDOW, atOnce)) return false;
    const endMs = clock.now() + ROOM_MS;
    return await inParallel(roomless, ROOM_WINDOW, (key) => this.#withRoom(key, endMs));
  }

  /** Once there is room for the value; false when the server was lost in between. */
  async #withRoom(key: RefilledKey, endMs: number): Promise<boolean> {
    if (!key.room.mayWait) {
      this.#leave(key.name, "large");
      return true;
    }
    const inTime = this.#services.clock.now() < endMs &&
      await new Promise<boolean>((resolve) => {
        if (!key.room.wait(() => resolve(true))) resolve(false);
      });
    const outcome = inTime ? await this.#inTurn(key) : "no room";
    if (outcome === "no room") this.#leave(key.name, "postponed");
    return outcome !== "lost";
  }

  /** It stays at its copy, for now or for good. */
  #leave(name: string, how: "large" | "postponed"): void {
    this.counters[how]++;
    this.#services.journal.clear(name, how === "postponed");
  }

  /** Every server is being flushed, this one perhaps before an addition of ours arrives. */
  flushBegins(): void {
    this.#flushes++;
    this.#epoch++;
  }

  flushEnds(): void {
    this.#flushes--;
  }

  /** Makes those that wait for their copies missed ones again, where the copy can be asked now. */
  recall(): void {
    const { waiting } = this.#services.journal;
    for (const key of first(waiting, RECALL_MAX)) {
      const copies = this.copiesOf(bytesOf(key));
      if (copies?.backup.usable && !this.#services.beingRestored(copies.main)) {
        this.#services.journal.recall(key);
      } else {
        // The others come before it next time.
        waiting.delete(key);
        waiting.add(key);
      }
    }
  }

  /** Once all that is under way of the key has ended, and before anything else begins. */
  #inTurn(key: RefilledKey): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#services.order.holding(key.name, (done) => {
        void refill(key, this.#terms).then((outcome) => {
          key.room.give();
          this.#note(key.name, outcome);
          done();
          resolve(outcome);
        });
      });
    });
  }

  /** The server and its copy, unless the copy is being put in order itself. */
  readonly copiesOf = (key: Uint8Array): Copies | null => {
    const copies = this.#services.copiesOf(ownRequest(FETCH, key));
    return copies === null || this.#services.beingRestored(copies.backup) ? null : copies;
  };

  #note(key: string, outcome: Outcome): void {
    const { journal } = this.#services;
    switch (outcome) {
      case "refilled":
      case "absent":
      case "overtaken":
        this.counters[outcome]++;
        // What is there now does not outlive that flush.
        if (this.#services.flushMissed()) return journal.clear(key, true);
        return journal.trust(key);
      case "unknown":
      case "refused":
        this.counters.failed++;
        return journal.clear(key, outcome === "unknown");
      case "lost":
        this.counters.failed++;
    }
  }
}

/** Works on so many at a time; false, and no more is begun, when one of them says so. */
async function inParallel<T>(
  all: readonly T[],
  window: number,
  work: (one: T) => Promise<boolean>,
): Promise<boolean> {
  let next = 0;
  let goesOn = true;
  const worker = async () => {
    while (next < all.length && goesOn) goesOn = await work(all[next++]) && goesOn;
  };
  await Promise.all(Array.from({ length: Math.min(window, all.length) }, worker));
  return goesOn;
}

function first(keys: Iterable<string>, most: number): string[] {
  const taken: string[] = [];
  for (const key of keys) {
    if (taken.push(key) >= most) break;
  }
  return taken;
}
