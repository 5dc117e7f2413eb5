/**
 * Puts a whole server back from the servers that hold its copies.
 *
 *   sources, class by class -> keys of this server -> spool, last used first
 *       -> repairs, a window of them at a time, as fast as the pace allows
 *
 * Owned by: ServerRecovery, which cancels it when the server is lost again.
 * Owns: its spool, its pace and a timer.
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
import type { RestoreSource } from "./restore_source.ts";
import { Spool } from "./spool.ts";

/** Repairs under way at a time; enough to fill both connections. */
const WINDOW = 256;
const TICK_MS = 10;
/** Looks at latency and evictions, and at how far it is. */
const LOOK_MS = 1000;
/** Looks between two reports. */
const REPORT_LOOKS = 10;
/** Most times that one source is read because of the spool. */
const ROUNDS_MAX = 100;
/** Before a source that was away or lost is tried again, ms. */
const AGAIN_MS = 2000;

/** What a restore works with. */
export interface RestoreOptions {
  readonly repairs: Repairs;
  readonly clock: Clock;
  readonly unixTime: () => number;
  readonly keysPerSecond: number;
  readonly spoolBytes: number;
  /** All servers that may hold copies. */
  readonly sources: readonly RestoreSource[];
  /** The restored server's. */
  readonly latency: RestoreSource["latency"];
  /** Keys that the restored server has evicted so far, null when it does not tell. */
  readonly evictions: () => Promise<number | null>;
  /** The two servers of a key, null when it is not this server's. */
  readonly copiesOf: (key: Request) => Copies | null;
  /** Told now and then how far it is. */
  readonly report: (progress: RestoreProgress) => void;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
}

/**
 * How a run ended. `complete`: all that the sources hold was tried. `full`: the server
 * throws out as much as is put back. `failed`: keys may be missing that another try can
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
  readonly #failedBefore: number;
  readonly #skippedBefore: number;
  readonly #spool: Spool;
  readonly #tally = new RestoreTally();
  /** The key in hand. */
  readonly #key = new Request();
  #underWay = 0;
  #filling = false;
  #looks = 0;
  #timer: Timer | null = null;
  /** Why it ended before its time. */
  #ended: "cancelled" | "lost" | "full" | null = null;
  /** A source that could not be read as long as it is what it is. */
  #refused = false;
  #waitsFor: string | null = null;

  constructor(options: RestoreOptions) {
    this.#options = options;
    this.#failedBefore = options.repairs.counters.failed;
    this.#skippedBefore = options.repairs.counters.skipped;
    this.#spool = new Spool(options.spoolBytes);
    const latencies = [options.latency, ...options.sources.map(({ latency }) => latency)];
    this.pace = new RestorePace(options.keysPerSecond, latencies, options.clock.now());
  }

  get progress(): RestoreProgress {
    const { paused, rate, slowdowns } = this.pace;
    return this.#tally.progress({
      paused,
      waitsFor: this.#waitsFor,
      allowed: rate,
      slowdowns,
      spoolBytes: this.#spool.bytes,
    });
  }

  cancel(): void {
    this.#ended ??= "cancelled";
  }

  /** Never rejects. */
  async run(): Promise<RestoreEnd> {
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
    const { repairs, signal } = this.#options;
    if (this.#ended === "full") return "full";
    if (this.#ended === "cancelled" || signal.aborted) return "cancelled";
    const { failed, skipped } = repairs.counters;
    const whole = failed === this.#failedBefore && skipped === this.#skippedBefore;
    if (!whole || this.#ended === "lost") return "failed";
    return this.#refused || this.#tally.left > 0 ? "partial" : "complete";
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
    if (end === "refused") this.#refused = true;
    return end === "complete" || end === "refused";
  }

  /** In more than one round, each for some of the keys, there is room for all in the end. */
  async #read(source: RestoreSource, rounds: number): Promise<DumpEnd> {
    for (let round = 0; round < rounds; round++) {
      const nowS = this.#options.unixTime();
      const kept = { round, rounds, nowS };
      const end = await source.read((key) => this.#keep(key, kept), {
        expect: (keys) => this.#tally.expect(keys),
        workedOff: () => this.#workOff(),
      });
      const goesOn = await this.#workOff();
      this.#tally.sourceEnded();
      if (end !== "complete" || !goesOn) return end;
    }
    return "complete";
  }

  #keep(key: DumpedKey, { round, rounds, nowS }: Kept): void {
    const { bytes, keyStart, keyEnd, lastUse } = key;
    this.#tally.scanned++;
    if (rounds > 1 && keyHash(bytes, keyStart, keyEnd) % rounds !== round) return;
    if (this.#options.copiesOf(this.#key.make(FETCH, bytes, keyStart, keyEnd)) === null) return;
    if (this.#spool.add(key, nowS - lastUse)) this.#tally.found++;
    else this.#tally.left++;
  }

  /** Puts back what waits; false when there is no sense in going on. */
  async #workOff(): Promise<boolean> {
    while (!this.#stopped && (this.#spool.keys > 0 || this.#underWay > 0)) {
      this.pace.accrue(this.#options.clock.now());
      this.#fill();
      await this.#pause(TICK_MS);
    }
    return !this.#stopped;
  }

  /** Starts as many repairs as the window and the pace allow. */
  #fill(): void {
    this.#filling = true;
    while (!this.#stopped && this.#underWay < WINDOW && this.#spool.keys > 0) {
      if (!this.pace.spend()) break;
      const key = this.#spool.take()!;
      this.#repair(this.#key.make(FETCH, key, 0, key.length));
    }
    this.#filling = false;
  }

  #repair(key: Request): void {
    const { repairs, copiesOf } = this.#options;
    const copies = copiesOf(key);
    this.#underWay++;
    if (copies === null) return this.#repaired();
    if (!copies.main.usable) this.#ended ??= "lost";
    repairs.repair(key, copies, this.#repaired);
  }

  readonly #repaired = (): void => {
    this.#underWay--;
    this.#tally.done++;
    // Some repairs end before they have begun.
    if (!this.#filling) this.#fill();
  };

  #lookLater(): void {
    this.#timer = this.#options.clock.after(LOOK_MS, () => {
      this.#lookLater();
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    this.#tally.measure();
    this.#looks++;
    if (this.#looks % REPORT_LOOKS === 0) this.#options.report(this.progress);
    this.pace.adjust(await this.#options.evictions());
    if (this.pace.full) this.#ended ??= "full";
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
  }
}
