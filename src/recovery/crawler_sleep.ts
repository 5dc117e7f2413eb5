/**
 * How long a memcached rests after every thousand names of a dump.
 *
 *   begin() ─> long, so that neither it nor we are busy with names alone
 *                └─ every second ─> shorter while names are lacking, longer while they are not
 *   end() ──> as long as before
 *
 * The server has to rest, not its reader: a crawler whose reader is slow waits with a part of
 * the hash table locked, and the first client that asks for one of its keys waits with it, and
 * everybody on the same thread. Read as fast as it comes, a million names keep a core busy for
 * a second. A sleep that is ours is told from an operator's by its odd number.
 *
 * Owned by: BackendSource, for one dump.
 */

import { assert } from "../message/assert.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { parseStatsAnswer } from "../stats/stats_answer.ts";

/** From the slowest: a hundred thousand names a second, two, and so on, µs. */
const SLEEPS = [20_001, 10_001, 5_001, 1_001] as const;
/** What memcached begins with, µs: in place of a sleep that a proxy left behind. */
const DEFAULT_SLEEP = 100;
const LOOK_MS = 1000;

/** What it works with. */
export interface CrawlerSleepOptions {
  /** The server's answer to an administrative line, null when there is none. */
  readonly ask: (line: string) => Promise<string | null>;
  /** Names are lacking. */
  readonly hurry: () => boolean;
}

/** Lets the crawler of one server rest during one dump. */
export class CrawlerSleep {
  readonly #clock: Clock;
  readonly #options: CrawlerSleepOptions;
  #state: "new" | "begun" | "ended" = "new";
  #work: Promise<void> = Promise.resolve();
  #timer: Timer | null = null;
  #wake: () => void = () => {};

  constructor(clock: Clock, options: CrawlerSleepOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Once, at most. */
  begin(): void {
    assert(this.#state === "new", "a crawler is slowed down once for a dump");
    this.#state = "begun";
    this.#work = this.#rest();
  }

  /** Resolves when the server sleeps as before. */
  async end(): Promise<void> {
    this.#state = "ended";
    this.#timer?.cancel();
    this.#wake();
    await this.#work;
  }

  async #rest(): Promise<void> {
    const { ask, hurry } = this.#options;
    const before = sleepBefore(await ask("stats settings"));
    if (before === null || before >= SLEEPS[0]) return;
    let told = -1;
    for (let at = 0; !this.#ended; at = hurry() ? at + 1 : at - 1) {
      at = Math.min(Math.max(at, 0), SLEEPS.length - 1);
      if (at !== told) await ask(`lru_crawler sleep ${SLEEPS[at]}`);
      told = at;
      await this.#pause();
    }
    if (told !== -1) await ask(`lru_crawler sleep ${before}`);
  }

  get #ended(): boolean {
    return this.#state === "ended";
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended) return resolve();
      this.#wake = resolve;
      this.#timer = this.#clock.after(LOOK_MS, resolve);
    });
  }
}

/** Null when the server does not tell. */
function sleepBefore(settings: string | null): number | null {
  const text = parseStatsAnswer(settings ?? "")?.get("lru_crawler_sleep");
  if (text === undefined) return null;
  const sleep = Number(text);
  return SLEEPS.some((ours) => ours === sleep) ? DEFAULT_SLEEP : sleep;
}
