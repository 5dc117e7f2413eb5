/**
 * A second look at keys that were put back, once all that others had under way has arrived.
 *
 *   put back ── grace ──> copy as it was, or both the same ───────────> well
 *                         copy changed, server written since ─────────> well
 *                         copy changed, server as we left it ─────────> missed once more
 *                         copy in trouble itself ── grace ──> once more
 *
 * A change through another proxy or worker goes to both servers at once. It may have
 * passed the server just before the addition, and reach the copy after it was looked at.
 * A copy that was itself put back from the server has changed, and holds the same: only then
 * is it asked for the value.
 *
 * Owned by: Refills.
 */

import { FETCH } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Copies, Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { bytesOf, casOf, lookAt, lookWithoutValue, ownRequest } from "./ask_key.ts";

/** Keys that wait for their second look. */
const LOOKS_MAX = 100_000;
/** Keys looked at at a time. */
const WINDOW = 256;
/** More than the clocks of two servers and the second that is taken off make, seconds. */
const TTL_SLACK_S = 3;

/** What second looks ask about the world, and whom they tell. */
export interface SecondLooksServices {
  readonly clock: Clock;
  /** After this nothing that was sent before can still arrive, ms. */
  readonly graceMs: number;
  readonly copiesOf: (key: Uint8Array) => Copies | null;
  /** What the server says that it lacks, no other has. */
  readonly knows: (server: Destination, key: string) => boolean;
  /** The server holds something old of the key. */
  readonly missedAgain: (key: Request) => void;
}

/** A key, and the cas numbers by which it was left at both servers; empty: nothing was there. */
export interface LeftKey {
  readonly key: string;
  readonly atCopy: string;
  readonly atServer: string;
}

/** What became of second looks, for `stats`. */
export class SecondLookCounters {
  /** Keys that had to be put back once more. */
  corrected = 0;
  /** Keys that were not looked at again because too many waited for that. */
  unlooked = 0;
}

/** The keys that wait, oldest first. */
export class SecondLooks {
  readonly counters: SecondLookCounters = new SecondLookCounters();
  readonly #services: SecondLooksServices;
  #waiting: (LeftKey & { readonly dueMs: number })[] = [];

  constructor(services: SecondLooksServices) {
    this.#services = services;
  }

  add(left: LeftKey): void {
    if (this.#waiting.length >= LOOKS_MAX) {
      this.counters.unlooked++;
      return;
    }
    const { clock, graceMs } = this.#services;
    this.#waiting.push({ ...left, dueMs: clock.now() + graceMs });
    if (this.#waiting.length === 1) clock.after(graceMs, () => void this.#look());
  }

  /** The one under way keeps the first key in its place, so that nobody begins another. */
  async #look(): Promise<void> {
    const { clock } = this.#services;
    while (this.#waiting.length > 0 && this.#waiting[0].dueMs <= clock.now()) {
      const window = this.#waiting.slice(0, WINDOW).filter(({ dueMs }) => dueMs <= clock.now());
      await Promise.all(window.map((left) => this.#lookAt(left)));
      this.#waiting = this.#waiting.slice(window.length);
    }
    if (this.#waiting.length === 0) return;
    clock.after(this.#waiting[0].dueMs - clock.now(), () => void this.#look());
  }

  async #lookAt(left: LeftKey): Promise<void> {
    const { key, atCopy, atServer } = left;
    const bytes = bytesOf(key);
    const copies = this.#services.copiesOf(bytes);
    if (copies === null) return this.add(left);
    const copy = await lookWithoutValue(copies.backup, bytes);
    if (copy.status === ReplyStatus.Failed) return this.add(left);
    const lost = copy.status === ReplyStatus.Miss && !this.#services.knows(copies.backup, key);
    const server = await lookWithoutValue(copies.main, bytes);
    if (server.status === ReplyStatus.Failed) return this.add(left);
    if (leftAs(server) !== atServer) return;
    const bothHold = copy.status === ReplyStatus.Hit && server.status === ReplyStatus.Hit;
    const same = leftAs(copy) === atCopy ||
      (bothHold && await holdSameValue(copies, bytes));
    if (same && isAsLasting(server, copy)) return;
    if (lost) return this.add(left);
    this.counters.corrected++;
    this.#services.missedAgain(ownRequest(FETCH, bytes));
  }
}

/** Of large values it is not known: these are put back once more. */
async function holdSameValue({ main, backup }: Copies, key: Uint8Array): Promise<boolean> {
  const copy = await lookAt(backup, key);
  if (copy === null) return false;
  const server = await lookAt(main, key);
  return server !== null && isSameValue(server, copy);
}

function leftAs(reply: Reply): string {
  return reply.status === ReplyStatus.Hit ? casOf(reply) : "";
}

function isSameValue(one: Reply, other: Reply): boolean {
  if (one.status !== ReplyStatus.Hit || other.status !== ReplyStatus.Hit) return false;
  const length = one.valueEnd - one.valueStart;
  if (one.flags !== other.flags || other.valueEnd - other.valueStart !== length) return false;
  for (let at = 0; at < length; at++) {
    if (one.bytes[one.valueStart + at] !== other.bytes[other.valueStart + at]) return false;
  }
  return true;
}

/** A touch leaves the cas number alone. */
function isAsLasting(server: Reply, copy: Reply): boolean {
  if (server.status !== ReplyStatus.Hit || copy.status !== ReplyStatus.Hit) return true;
  if (server.ttl < 0 || copy.ttl < 0) return server.ttl < 0 && copy.ttl < 0;
  return Math.abs(server.ttl - copy.ttl) <= TTL_SLACK_S;
}
