/**
 * Puts keys back on a server that missed a change of them, after the replay has deleted
 * them there: without it they would be on one copy only until they are set again.
 *
 *   copy:   mg k v f t c         the value, its flags, its time left, its cas number
 *   server: ms k c ME …          added: refused if anything has been written there since
 *   copy:   mg k v f t c         the same cas number: the server holds what the copy holds
 *                                another one: md k C<cas of what was added>, and once more
 *
 * No placeholders: the server is in service, and other proxies read it in plain text.
 * Nobody reads the key there through us before it is trusted again. Changes of the key
 * through us wait meanwhile (CopyOrder), and reach the copy first.
 *
 * Others send a change to both servers at once: for these there is a second look.
 *
 * Owned by: ServerRecovery. Owns: the second looks.
 */

import { FETCH, MD_DECIDED, REFILL } from "../message/command.ts";
import { exptimeOf } from "../message/exptime_of.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { CopyOrder } from "../route/copy_order.ts";
import type { Copies, Destination } from "../route/route.ts";
import { askKey, bytesOf, casOf, lookAt, ownRequest } from "./ask_key.ts";
import type { Journal } from "./journal.ts";
import { SecondLooks, type SecondLooksServices } from "./second_looks.ts";

/** Keys under way at a time. */
const WINDOW = 256;
/** Times that a key is tried while it keeps changing at its copy. */
const ROUNDS_MAX = 3;
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
}

/** What refills of one server ask about the world. */
export interface RefillServices extends Omit<SecondLooksServices, "copiesOf"> {
  readonly journal: Journal;
  readonly order: CopyOrder;
  readonly unixTime: () => number;
  /** The server and the one to copy from; null when the key is another's, or has no such server. */
  readonly copiesOf: (key: Request) => Copies | null;
  /** The server missed a flush_all, and is still to be flushed. */
  readonly flushMissed: () => boolean;
  /** Keys are being put back on the server in another way. */
  readonly beingRestored: (server: Destination) => boolean;
}

/**
 * How one key came out. `unknown`: the copy could not be asked. `refused`: one of the
 * servers cannot do it, now or later. `lost`: the server may hold what was added.
 */
type Outcome = "refilled" | "absent" | "overtaken" | "unknown" | "refused" | "lost";

/** The refills of one server. */
export class Refills {
  readonly counters: RefillCounters = new RefillCounters();
  readonly looks: SecondLooks;
  readonly #services: RefillServices;
  /** Grows when what was read of copies before must not be put back any more. */
  #epoch = 0;
  /** Under way. */
  #flushes = 0;

  constructor(services: RefillServices) {
    this.#services = services;
    this.looks = new SecondLooks({ ...services, copiesOf: (key) => this.#copiesOf(key) });
  }

  /**
   * Takes keys that were deleted, and nothing older can arrive of, out of the missed ones;
   * false when the server was lost in between.
   */
  async run(keys: readonly string[]): Promise<boolean> {
    let next = 0;
    let lost = false;
    const one = async () => {
      while (next < keys.length && !lost) lost = !await this.#inTurn(keys[next++]) || lost;
    };
    await Promise.all(Array.from({ length: Math.min(WINDOW, keys.length) }, one));
    return !lost;
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
      const copies = this.#copiesOf(bytesOf(key));
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
  #inTurn(key: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#services.order.holding(key, (done) => {
        void this.#put(key).then((outcome) => {
          this.#note(key, outcome);
          done();
          resolve(outcome !== "lost");
        });
      });
    });
  }

  async #put(key: string): Promise<Outcome> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const outcome = await this.#round(key);
      if (outcome !== "again") return outcome;
    }
    return "unknown";
  }

  async #round(name: string): Promise<Outcome | "again"> {
    const key = bytesOf(name);
    const copies = this.#copiesOf(key);
    if (copies === null) return "unknown";
    const { main: server, backup: copy } = copies;
    // Its restore puts the key back; two ways at a time would get into each other's. And a
    // flush has passed the server, perhaps, and not the copy.
    if (this.#services.beingRestored(server) || this.#flushes > 0) return "unknown";
    if (!server.speaksMeta || !copy.speaksMeta) return "refused";
    const before = { flushes: this.#epoch, copy: copy.epoch, server: server.epoch };
    const found = await lookAt(copy, key);
    if (found === null) return "refused";
    if (found.status === ReplyStatus.Failed || this.#copiesOf(key) === null) return "unknown";
    // Somebody may be about to fill a placeholder of before.
    if (found.taken && copy.phase !== "serving") return "unknown";
    if (found.status === ReplyStatus.Miss) this.looks.add({ key: name, atCopy: "", atServer: "" });
    if (!isLasting(found)) return "absent";
    const added = await askKey(server, this.#addition(key, found));
    if (added === null || added.status === ReplyStatus.Failed) return "lost";
    if (added.status === ReplyStatus.NotStored) return "overtaken";
    if (added.status !== ReplyStatus.Stored) return "refused";
    const now = await lookAt(copy, key);
    // Numbers begin anew in another process: an old one could fit by accident.
    if (server.epoch !== before.server) return "lost";
    const known = copy.epoch === before.copy && this.#epoch === before.flushes &&
      this.#copiesOf(key) !== null;
    if (now !== null && known && isSame(now, found)) {
      this.looks.add({ key: name, atCopy: casOf(found), atServer: casOf(added) });
      return "refilled";
    }
    const undo = ownRequest(MD_DECIDED, key);
    undo.cas = casOf(added);
    return outcomeOf(await askKey(server, undo), known ? "again" : "unknown");
  }

  #copiesOf(key: Uint8Array): Copies | null {
    const copies = this.#services.copiesOf(ownRequest(FETCH, key));
    return copies === null || this.#services.beingRestored(copies.backup) ? null : copies;
  }

  #addition(key: Uint8Array, found: Reply): Request {
    const addition = ownRequest(REFILL, key);
    addition.flags = found.flags;
    // One second less than is left: never longer than it was.
    const ttl = found.ttl < 0 ? found.ttl : found.ttl - 1;
    addition.exptime = exptimeOf(ttl, this.#services.unixTime());
    addition.valueBytes = found.bytes;
    addition.valueStart = found.valueStart;
    addition.valueEnd = found.valueEnd;
    return addition;
  }

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

/** What the undoing of an addition came to. */
function outcomeOf(undone: Reply | null, otherwise: "again" | "unknown"): Outcome | "again" {
  switch (undone?.status) {
    case ReplyStatus.Stored:
    case ReplyStatus.NotFound:
      return otherwise;
    case ReplyStatus.Exists:
      return "overtaken";
    default:
      return "lost";
  }
}

/** A value that somebody may read for a while yet. */
function isLasting(reply: Reply): boolean {
  const over = reply.ttl >= 0 && reply.ttl <= 1;
  return reply.status === ReplyStatus.Hit && !reply.stale && !reply.taken && !over;
}

/** Nothing has happened to it; a touch leaves the cas number alone. */
function isSame(now: Reply, before: Reply): boolean {
  const lasts = before.ttl < 0 ? now.ttl < 0 : before.ttl - now.ttl <= 1 && now.ttl <= before.ttl;
  return now.status === ReplyStatus.Hit && lasts && casOf(now) === casOf(before);
}

function first(keys: Iterable<string>, most: number): string[] {
  const taken: string[] = [];
  for (const key of keys) {
    if (taken.push(key) >= most) break;
  }
  return taken;
}
