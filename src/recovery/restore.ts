/**
 * Puts a whole server back from the servers that hold its copies.
 *
 *   calm: how late is the event loop without us?
 *   sources, class by class -> keys of this server -> queue, last used first
 *                                 meanwhile, as fast as the pace allows ─> repairs
 *
 * Owned by: ServerRecovery, which cancels it when the server is lost again.
 * Owns: its queue, its pace and a timer.
 */

import { keyHash } from "../hash/key_hash.ts";
import { FETCH } from "../message/command.ts";
import { Request } from "../message/request.ts";
import type { Copies } from "../route/route.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { DumpedKey, DumpEnd } from "./dump_reader.ts";
import type { Repairs } from "./repairs.ts";
import { RestorePace } from "./restore_pace.ts";
import { type RestoreProgress, RestoreTally } from "./restore_progress.ts";
import type { DumpPace, RestoreSource } from "./restore_source.ts";
import { RestoreQueue, TICK_MS } from "./restore_queue.ts";

/** Timers that tell how late the event loop is without a restore. */
const CALM_TICKS = 10;
/**
 * And so many where clients could feel it: what they could not ask while the server was away
 * is made up for first, by code that nobody has run before.
 */
const CALM_TICKS_CLIENTS = 100;
/** Between two looks at the clients' latency, ms. */
const LOOK_MS = 250;
/** Looks between two at evictions and at how far it is: a second. */
const SECOND_LOOKS = 4;
/** Looks between two reports. */
const REPORT_LOOKS = 40;
/** Most times that one source is read because of the spool. */
const ROUNDS_MAX = 100;
/** With names for so long at the present rate, a dump may take its time, seconds. */
const AHEAD_S = 1;
/** Before a source that was away or lost is tried again, ms. */
const AGAIN_MS = 2000;

/** What a restore works with. */
export interface RestoreOptions {
  readonly repairs: Repairs;
  readonly clock: Clock;
  /** CPU time that this thread has used, ms. */
  readonly cpuMs: () => number;
  readonly unixTime: () => number;
  readonly keysPerSecond: number;
  readonly spoolBytes: number;
  /** All servers that may hold copies. */
  readonly sources: readonly RestoreSource[];
  /** The restored server's. */
  readonly latency: RestoreSource["latency"];
  /** Keys that the restored server has evicted so far, null when it does not tell. */
  readonly evictions: () => Promise<number | null>;
  /** The key belongs to the restored server. */
  readonly owns: (key: Request) => boolean;
  /** The two servers of a key, null when there is nothing to put back. */
  readonly copiesOf: (key: Request) => Copies | null;
  /** Told now and then how far it is. */
  readonly report: (progress: RestoreProgress) => void;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
}

/**
 * How a run ended. `complete`: all that the sources hold was tried. `full`: the server
 * throws out as much as is put back, or has no room for all. `failed`: keys may be missing that another try can
 * bring. `partial`: keys are missing that it cannot bring.
 */
export type RestoreEnd = "complete" | "full" | "failed" | "partial" | "cancelled";

/** Which keys of a dump are wanted, and when it began. */
interface Kept {
  readonly round: number;
  readonly rounds: number;
  readonly nowS: number;
}

/** One run; `cancel` ends it early. */
export class Restore {
  readonly pace: RestorePace;
  readonly #options: RestoreOptions;
  readonly #queue: RestoreQueue;
  readonly #tally: RestoreTally;
  /** The key in hand. */
  readonly #key = new Request();
  #looks = 0;
  #timer: Timer | null = null;
  /** Why it ended before its time. */
  #ended: "cancelled" | "lost" | "full" | null = null;
  /** A source that could not be read as long as it is what it is. */
  #unread = false;
  #waitsFor: string | null = null;

  constructor(options: RestoreOptions) {
    this.#options = options;
    this.#tally = new RestoreTally(options.clock.now());
    const latencies = [options.latency, ...options.sources.map(({ latency }) => latency)];
    const { keysPerSecond, clock, cpuMs } = options;
    this.pace = new RestorePace(keysPerSecond, latencies, clock.now(), cpuMs);
    this.#queue = new RestoreQueue({
      ...options,
      pace: this.pace,
      tally: this.#tally,
      stopped: () => this.#stopped,
      lost: () => this.#ended ??= "lost",
    });
  }

  get progress(): RestoreProgress {
    const { paused, rate, slowdowns } = this.pace;
    return this.#tally.progress({
      paused,
      waitsFor: this.#waitsFor,
      allowed: rate,
      slowdowns,
      spoolBytes: this.#queue.bytes,
    });
  }

  /** Puts a key back before others that a client read; false when that is not its to do. */
  prefer(key: Request, valueBytes: number): boolean {
    return !this.#stopped && this.#queue.prefer(key, valueBytes);
  }

  cancel(): void {
    this.#ended ??= "cancelled";
  }

  /** Never rejects. */
  async run(): Promise<RestoreEnd> {
    await this.#beCalm();
    this.#lookLater();
    let left = this.#options.sources;
    while (left.length > 0 && !this.#stopped) {
      left = await this.#takeAll(left);
      if (left.length > 0 && !this.#stopped) await this.#pause(AGAIN_MS);
    }
    this.#timer?.cancel();
    return this.#end();
  }

  #end(): RestoreEnd {
    const { failed, left, refused } = this.#tally;
    if (this.#ended === "full") return "full";
    if (this.#ended === "cancelled" || this.#options.signal.aborted) return "cancelled";
    if (failed > 0 || this.#ended === "lost") return "failed";
    if (this.#unread || left > 0) return "partial";
    return refused > 0 ? "full" : "complete";
  }

  get #stopped(): boolean {
    return this.#ended !== null || this.#options.signal.aborted;
  }

  /** Gives the sources that must be tried again. */
  async #takeAll(sources: readonly RestoreSource[]): Promise<RestoreSource[]> {
    const again: RestoreSource[] = [];
    for (const source of sources) {
      if (this.#stopped) break;
      if (!await this.#take(source)) again.push(source);
    }
    this.#waitsFor = again.length > 0 ? again[0].name : null;
    return again;
  }

  async #take(source: RestoreSource): Promise<boolean> {
    if (!source.ready) return false;
    this.#waitsFor = null;
    const { found, left } = this.#tally;
    let end = await this.#read(source, 1);
    const crowded = this.#tally.left - left;
    if (end === "complete" && crowded > 0) {
      const kept = this.#tally.found - found;
      this.#tally.beginAgain();
      end = await this.#read(source, Math.min(ROUNDS_MAX, Math.ceil(2 * (kept + crowded) / kept)));
    }
    if (end === "refused") this.#unread = true;
    return end === "complete" || end === "refused";
  }

  /** In more than one round, each for some of the keys, there is room for all in the end. */
  async #read(source: RestoreSource, rounds: number): Promise<DumpEnd> {
    for (let round = 0; round < rounds; round++) {
      const nowS = this.#options.unixTime();
      const end = await this.#readOnce(source, { round, rounds, nowS });
      this.#tally.sourceEnded();
      if (end !== "complete" || this.#stopped) return end;
    }
    return "complete";
  }

  /** Keys are put back while others still come. */
  async #readOnce(source: RestoreSource, kept: Kept): Promise<DumpEnd> {
    let coming = true;
    const reading = source.read((key) => this.#keep(key, kept), this.#dumpPace()).then((end) => {
      coming = false;
      return end;
    });
    await this.#queue.work(() => coming);
    return await reading;
  }

  #dumpPace(): DumpPace {
    return {
      expect: (keys) => this.#tally.expect(keys),
      workedOff: () => this.#workedOff(),
      lacks: () => this.#queue.keys < AHEAD_S * this.pace.rate,
      stopped: () => this.#stopped,
    };
  }

  #keep(key: DumpedKey, { round, rounds, nowS }: Kept): void {
    const { bytes, keyStart, keyEnd, lastUse } = key;
    this.#tally.scanned++;
    if (rounds > 1 && keyHash(bytes, keyStart, keyEnd) % rounds !== round) return;
    if (!this.#options.owns(this.#key.make(FETCH, bytes, keyStart, keyEnd))) return;
    if (this.#queue.keep(key, nowS - lastUse)) this.#tally.found++;
    else this.#tally.left++;
  }

  /** What came is put back; false when there is no sense in going on. */
  async #workedOff(): Promise<boolean> {
    while (!this.#stopped && this.#queue.works) await this.#pause(TICK_MS);
    return !this.#stopped;
  }

  async #beCalm(): Promise<void> {
    const { clock } = this.#options;
    const ticks = this.pace.watches ? CALM_TICKS_CLIENTS : CALM_TICKS;
    for (let tick = 0; tick < ticks && !this.#stopped; tick++) {
      const dueMs = clock.now() + TICK_MS;
      await this.#pause(TICK_MS);
      this.pace.noteLateness(clock.now() - dueMs, clock.now());
    }
    this.pace.begin(clock.now());
  }

  #lookLater(): void {
    this.#timer = this.#options.clock.after(LOOK_MS, () => {
      this.#lookLater();
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    this.#looks++;
    this.pace.adjust();
    if (this.#looks % REPORT_LOOKS === 0) this.#options.report(this.progress);
    if (this.#looks % SECOND_LOOKS !== 0) return;
    this.#tally.measure(this.#options.clock.now());
    this.pace.lookAtEvictions(await this.#options.evictions());
    if (this.pace.full) this.#ended ??= "full";
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
  }
}
