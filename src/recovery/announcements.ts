/**
 * What we announced of servers, and who waits until every other proxy knows it.
 *
 *   missed ── stored on all servers ── a lease ──> known: whoever waits goes on
 *     └──> lacking ──> nothing: less than others may think already, so nobody waits for that
 *
 * Owned by: Board.
 */

import type { Log } from "../log/log.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Announcement, Level } from "./announcement.ts";
import type { BoardCounters } from "./board_counters.ts";

/** For the log. */
const WORDS: Readonly<Record<Level, string>> = { missed: "misses changes", lacking: "lacks keys" };

/** What announcements work with, and whom they tell. */
export interface AnnouncementsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: BoardCounters;
  /** For so long a look is believed, ms. */
  readonly leaseMs: number;
  /** Longest that a client waits for an announcement, ms. */
  readonly patienceMs: number;
  /** Longest that any proxy waits for an answer of a server, ms. */
  readonly requestTimeoutMs: number;
  /** There are no other proxies. */
  readonly alone: () => boolean;
  /** Something may be known by now. */
  readonly review: () => void;
}

/** Our announcements, by the names of their servers. */
export class Announcements {
  readonly #options: AnnouncementsOptions;
  readonly #said = new Map<string, Announcement>();

  constructor(options: AnnouncementsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#said.size;
  }

  /** What was said last of the server; null for nothing. */
  levelOf(name: string): Level | null {
    return this.#said.get(name)?.level ?? null;
  }

  /** The servers of which this was said. */
  names(level: Level): string[] {
    return [...this.#said].filter(([, said]) => said.level === level).map(([name]) => name);
  }

  /** Takes in what the notice with this beat is the first to say. */
  say(name: string, level: Level | null, beat: number): void {
    const said = this.#said.get(name);
    if (level === null) {
      this.#said.delete(name);
      if (said !== undefined) goOn(said);
      return;
    }
    if (level === "missed") this.#options.counters.announced++;
    if (said === undefined) {
      this.#said.set(name, { level, beat, storedMs: null, waiting: [], patience: null });
    } else if (level === "missed") {
      Object.assign(said, { level, beat, storedMs: null });
    } else {
      // Who knows that it misses changes believes its misses no more than who knows that it lacks keys.
      said.level = level;
    }
  }

  /** Nobody may have it any more: all of it is new once more. */
  repeat(beat: number): void {
    for (const said of this.#said.values()) Object.assign(said, { beat, storedMs: null });
  }

  /** Calls back once all proxies know what we announced about the server; at once if they do. */
  whenKnown(name: string, then: () => void): void {
    const said = this.#said.get(name);
    if (said === undefined || this.#isKnown(said)) return then();
    said.waiting.push(then);
    if (said.waiting.length > 1) return;
    const { clock, counters, leaseMs, log, patienceMs, review } = this.#options;
    said.patience = clock.after(patienceMs, () => {
      counters.late++;
      log.warn(`not every server has our notice that ${name} ${WORDS[said.level]}`);
      said.storedMs = clock.now() - leaseMs;
      review();
    });
  }

  /** As above, and no proxy waits for what it asked the server before it knew. */
  whenUnread(name: string, then: () => void): void {
    this.whenKnown(name, () => {
      const { alone, clock, leaseMs, requestTimeoutMs } = this.#options;
      const storedMs = this.#said.get(name)?.storedMs ?? null;
      const leftMs = storedMs === null || alone()
        ? 0
        : storedMs + leaseMs + requestTimeoutMs - clock.now();
      if (leftMs <= 0) then();
      else clock.after(leftMs, then);
    });
  }

  /** Servers that should have our notices have them up to these beats. */
  noteStored(beats: readonly number[]): void {
    const { clock, leaseMs, review } = this.#options;
    for (const said of this.#said.values()) {
      const { beat, waiting } = said;
      if (said.storedMs === null) {
        if (beats.length === 0 || beats.some((written) => written < beat)) continue;
        said.storedMs = clock.now();
        clock.after(leaseMs, review);
      }
      if (waiting.length > 0 && this.#isKnown(said)) goOn(said);
    }
  }

  /** Every proxy has looked since the announcement was stored, or reads nothing. */
  #isKnown({ storedMs }: Announcement): boolean {
    if (storedMs === null) return false;
    const { alone, clock, leaseMs } = this.#options;
    return alone() || clock.now() >= storedMs + leaseMs;
  }
}

/** Whoever waits next has a patience of its own. */
function goOn(said: Announcement): void {
  said.patience?.cancel();
  for (const then of said.waiting.splice(0)) then();
}
