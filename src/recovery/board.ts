/**
 * How proxies over the same servers keep their promises together: each tells the others,
 * on every server, which servers missed changes, or lack keys, that only its own journal
 * can name.
 *
 *   a change is missed ── announced on all servers ── four ticks ──> its client is answered
 *   every tick a look at all servers ──> what was announced before is known, for four
 *                                        ticks; then nothing is read any more
 *
 * So whoever reads has looked after the announcement, or before the change was
 * acknowledged; also a proxy that stood still, and one whose own connections are fine.
 *
 * Owned by: Coordinator. Owns: its copies, one for each server, and a timer.
 */

import type { Announcers, Level } from "./announcement.ts";
import { Announcements } from "./announcements.ts";
import { BoardCopy } from "./board_copy.ts";
import { BoardCounters } from "./board_counters.ts";
import type { BoardOptions, BoardServer } from "./board_options.ts";
import { FirstLooks } from "./first_looks.ts";
import type { Notice } from "./notice.ts";
import { Peers, saysNothing } from "./peers.ts";

/** Ticks that a look is believed: more than those after which a silent server is excused. */
const LEASE_TICKS = 4;
/** Ticks between two looks at all seats, each with a new beat of our own. */
const WHOLE_TICKS = 14;
/** After standing still for so many, others may soon have taken us for gone. */
const STALL_TICKS = 2 * WHOLE_TICKS;

const LEVELS: readonly Level[] = ["missed", "lacking"];
const NOBODY = textOf({ missed: [], lacking: [] });

/** Announces, and knows what others announced. */
export class Board {
  readonly id: string;
  readonly counters: BoardCounters = new BoardCounters();
  /** Until then what we know of the others is right, on the clock of the process. */
  freshUntilMs = -Infinity;
  readonly #options: BoardOptions;
  readonly #copies: BoardCopy[] = [];
  readonly #peers = new Peers();
  readonly #announcements: Announcements;
  readonly #firstLooks: FirstLooks;
  #beat = 1;
  #changedBeat = 1;
  #ticks = 0;
  #tickedMs = Infinity;
  /** When all servers had our first notice. */
  #claimedMs = Infinity;
  /** The others know of us. */
  #joined = false;
  /** What others announced of each server, as it was told last. */
  readonly #told = new Map<string, string>();
  #waiting: (() => void)[] = [];

  constructor(options: BoardOptions) {
    this.#options = options;
    this.id = options.random().toString(36).slice(2, 12);
    this.#firstLooks = new FirstLooks({
      ...options,
      proxy: this.id,
      patienceMs: options.firstLooksMs,
    });
    this.#announcements = new Announcements({
      ...options,
      counters: this.counters,
      leaseMs: this.#leaseMs,
      alone: () => this.#alone,
      review: () => this.#review(),
    });
  }

  /** Other proxies that are, or were a moment ago. */
  get peers(): number {
    return this.#peers.live;
  }

  /** Takes up a server. */
  add(server: BoardServer): void {
    const { clock, random, connectTimeoutMs, tickMs } = this.#options;
    this.#copies.push(
      new BoardCopy({
        server,
        clock,
        random,
        tickMs,
        firstSilentTicks: Math.ceil(connectTimeoutMs / tickMs),
        own: () => ({ notice: this.#notice(), changedBeat: this.#changedBeat }),
        told: () => this.#review(),
        sawMarker: (text) => this.#options.sawMarker(server, text),
        noSeat: () => this.#noSeat(server),
      }),
    );
  }

  /**
   * Calls back when what we know of the others is right again: within a few ticks. Who never
   * asks never looks, unless there was word of a server: a proxy without clients leaves the
   * servers alone.
   */
  whenFresh(callback: () => void): void {
    this.#waiting.push(callback);
    this.#begin();
  }

  /**
   * A server has a new connection. Where it was not looked at, it may be the only one that others
   * could tell something on: it is asked before anything is believed.
   */
  returned(server: BoardServer): void {
    if (this.#ticks === 0) return;
    const sinceMs = this.#options.clock.now() - this.#leaseMs;
    if (!this.#copies.find((copy) => copy.server === server)!.returned(sinceMs)) return;
    this.freshUntilMs = -Infinity;
    this.#refresh();
  }

  /** Says how little the server is to be believed because of what only we can name; null for no more. */
  announce({ name }: BoardServer, level: Level | null): void {
    if (this.#options.tickMs === 0 || level === this.#announcements.levelOf(name)) return;
    this.#changedBeat = ++this.#beat;
    this.#announcements.say(name, level, this.#beat);
    for (const copy of this.#copies) copy.write();
    this.#review();
    this.#begin();
  }

  /** A flush_all takes our notice along: what we announced is to outlive us, so it is said again. */
  flushed(server: BoardServer): void {
    if (this.#announcements.size === 0) return;
    this.#copies.find((copy) => copy.server === server)!.writeAgain();
  }

  /** Calls back once all proxies know what we announced about the server; at once if they do. */
  whenKnown(server: BoardServer, then: () => void): void {
    this.#announcements.whenKnown(server.name, then);
  }

  /** As above, and nothing of theirs is under way that they asked the server before they knew. */
  whenUnread(server: BoardServer, then: () => void): void {
    this.#announcements.whenUnread(server.name, then);
  }

  /** Calls back once all proxies have looked at the servers again, and no earlier than told. */
  whenSeen(atLeastMs: number, then: () => void): void {
    if (this.#alone) then();
    else this.#options.clock.after(Math.max(atLeastMs, this.#leaseMs), then);
  }

  #begin(): void {
    if (this.#ticks === 0) this.#tick();
  }

  /** Takes a seat on every server, and looks at them until the proxy ends. */
  #tick(): void {
    if (this.#options.signal.aborted) return;
    const whole = this.#ticks++ % WHOLE_TICKS === 0;
    const nowMs = this.#options.clock.now();
    if (nowMs - this.#tickedMs > STALL_TICKS * this.#options.tickMs) this.#joinAgain();
    this.#tickedMs = nowMs;
    if (whole) {
      this.#beat++;
      this.#sweep();
      this.#peers.beaten();
    }
    for (const copy of this.#copies) copy.look(whole);
    this.#review();
    this.#options.clock.after(this.#options.tickMs, () => this.#tick());
  }

  get #alone(): boolean {
    const { clock, tickMs } = this.#options;
    return tickMs === 0 || (this.peers === 0 && clock.now() < this.freshUntilMs);
  }

  #notice(): Notice {
    const [missed, lacking] = LEVELS.map((level) => this.#announcements.names(level));
    return { proxy: this.id, beat: this.#beat, missed, lacking };
  }

  #noSeat({ name }: BoardServer): void {
    this.counters.seatless++;
    this.#options.log.warn(`backend ${name} has no seat for our notice: too many proxies`);
  }

  /** Draws the conclusions from what has been looked at and written by now. */
  #review(): void {
    this.#hear();
    this.#tellAnnounced();
    this.#announcements.noteStored(this.#expected.map(({ writtenBeat }) => writtenBeat));
    this.#noteClaimed();
    this.#refresh();
  }

  #hear(): void {
    for (const copy of this.#copies) {
      for (const notice of copy.notices.values()) {
        if (notice.proxy === this.id) this.#hearOurselves(notice);
        else this.#peers.hear(notice);
      }
    }
  }

  /** Another proxy took us for gone: what we still miss must be said again. */
  #hearOurselves({ beat }: Notice): void {
    if (beat <= this.#beat) return;
    this.#beat = this.#changedBeat = beat + 1;
    this.#announcements.repeat(this.#beat);
  }

  #tellAnnounced(): void {
    for (const { server } of this.#copies) {
      const by = this.#peers.announcing(server.name);
      const text = textOf(by);
      if ((this.#told.get(server.name) ?? NOBODY) === text) continue;
      this.#told.set(server.name, text);
      this.#options.announced(server, by);
      // Somebody waits for the end of it, perhaps without a client.
      if (this.#ticks === 0) this.#options.clock.after(0, () => this.#begin());
    }
  }

  #joinAgain(): void {
    this.#claimedMs = Infinity;
    this.#joined = false;
    this.#changedBeat = ++this.#beat;
    for (const copy of this.#copies) copy.writtenBeat = -1;
  }

  /** Our seats are taken: from now on whoever looks sees us. */
  #noteClaimed(): void {
    if (this.#claimedMs !== Infinity) return;
    const expected = this.#expected;
    if (expected.some(({ writtenBeat }) => writtenBeat < 0)) return;
    this.#claimedMs = this.#options.clock.now();
    for (const copy of expected) copy.lookAgain();
  }

  /**
   * A proxy that saw nobody else does not wait with its announcements until it has seen
   * us; so where there are others, looks count when that time is over.
   */
  #refresh(): void {
    // Before a server has answered there is nothing to know, and nobody to read from.
    if (!this.#copies.some(({ known }) => known)) return;
    if (!this.#firstLooks.suffice(this.#copies)) return;
    const nowMs = this.#options.clock.now();
    const oldestMs = this.#expected.reduce(
      (oldest, { answeredMs }) => Math.min(oldest, answeredMs),
      nowMs,
    );
    const sinceMs = this.#joined || this.peers === 0
      ? this.#claimedMs
      : this.#claimedMs + this.#leaseMs;
    if (oldestMs < sinceMs) return;
    this.#joined = true;
    this.freshUntilMs = oldestMs + this.#leaseMs;
    if (nowMs >= this.freshUntilMs) return;
    for (const callback of this.#waiting.splice(0)) callback();
  }

  /** Sees to what proxies that are gone have left, of a server for all of them at once. */
  #sweep(): void {
    for (const notice of this.#peers.gone.filter(saysNothing)) {
      for (const copy of this.#copies) copy.remove(notice.proxy);
    }
    for (const { server } of this.#copies) {
      const by = this.#peers.left(server.name);
      const proxies = [...by.missed, ...by.lacking];
      if (proxies.length === 0 || !server.usable) continue;
      this.#options.abandoned(server, { by, settled: () => this.#settle(proxies, server) });
    }
  }

  /** Says in their place that nothing is missed any more. */
  #settle(proxies: readonly string[], { name }: BoardServer): void {
    this.counters.takeovers++;
    for (const proxy of proxies) {
      const notice = this.#peers.settle(proxy, name);
      if (notice === null) continue;
      for (const copy of this.#copies) copy.replace(notice);
    }
    this.#review();
  }

  get #expected(): BoardCopy[] {
    return this.#copies.filter(({ excused }) => !excused);
  }

  get #leaseMs(): number {
    return LEASE_TICKS * this.#options.tickMs;
  }
}

function textOf({ missed, lacking }: Announcers): string {
  return `${missed.join(" ")},${lacking.join(" ")}`;
}
