/** A restore over a source and repairs that the test plays. */

import type { DumpEnd } from "../../src/recovery/dump_reader.ts";
import { HeldValues } from "../../src/recovery/held_values.ts";
import type { RepairOutcome } from "../../src/recovery/repair_job.ts";
import { Repairs } from "../../src/recovery/repairs.ts";
import { Restore, type RestoreEnd, type RestoreOptions } from "../../src/recovery/restore.ts";
import { progressText } from "../../src/recovery/restore_progress.ts";
import type { DumpPace, RestoreSource } from "../../src/recovery/restore_source.ts";
import type { Copies } from "../../src/route/route.ts";
import { LatencyHistogram } from "../../src/stats/latency_histogram.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { toBytes } from "../support/latin1.ts";

/** A source that the test plays: classes of keys, and how each reading ends. */
export class FakeRestoreSource implements RestoreSource {
  readonly name = "copy:1";
  readonly latency = new LatencyHistogram();
  ready = true;
  reads = 0;
  readonly #classes: readonly (readonly string[])[];
  readonly #ends: DumpEnd[];

  constructor(classes: readonly (readonly string[])[], ends: DumpEnd[] = []) {
    this.#classes = classes;
    this.#ends = ends;
  }

  async read(each: Parameters<RestoreSource["read"]>[0], pace: DumpPace): Promise<DumpEnd> {
    this.reads++;
    pace.expect(this.#classes.reduce((sum, keys) => sum + keys.length, 0));
    for (const keys of this.#classes) {
      for (const key of keys) {
        const itemBytes = key.startsWith("large") ? 1e5 : key.startsWith("middle") ? 5000 : 70;
        each({ bytes: toBytes(key), keyStart: 0, keyEnd: key.length, lastUse: 0, itemBytes });
      }
      if (!await pace.workedOff()) return "lost";
    }
    return this.#ends.shift() ?? "complete";
  }
}

/** How long a restore looks at the event loop before it begins, ms. */
const CALM_MS = 100;

/** A source whose keys come when the test says so. */
export class SlowRestoreSource implements RestoreSource {
  readonly name = "copy:1";
  readonly latency = new LatencyHistogram();
  readonly ready = true;
  pace: DumpPace | null = null;
  #each: (key: string) => void = () => {};
  #end: (end: DumpEnd) => void = () => {};

  read(each: Parameters<RestoreSource["read"]>[0], pace: DumpPace): Promise<DumpEnd> {
    this.pace = pace;
    this.#each = (key) =>
      each({ bytes: toBytes(key), keyStart: 0, keyEnd: key.length, lastUse: 0, itemBytes: 70 });
    return new Promise((resolve) => this.#end = resolve);
  }

  give(names: readonly string[]): void {
    names.forEach(this.#each);
  }

  end(end: DumpEnd): void {
    this.#end(end);
  }
}

/** A restore whose repairs end when the test says so. */
export class RestoreStage {
  readonly clock = new FakeClock();
  readonly repaired: string[] = [];
  readonly reports: string[] = [];
  readonly abort = new AbortController();
  readonly restore: Restore;
  readonly main = { usable: true };
  evictions: number | null = null;
  end: RestoreEnd | null = null;
  outcomeOf: (key: string) => RepairOutcome = () => "filled";
  readonly #repairs = new Repairs({
    clock: this.clock,
    unixTime: () => 0,
    held: new HeldValues(1 << 20),
    mayAnswer: () => true,
    lacks: () => {},
  });
  readonly #open: (() => void)[] = [];
  #auto = true;
  #calmMs = CALM_MS;

  constructor(sources: readonly RestoreSource[], options: Partial<RestoreOptions> = {}) {
    const repairs = this.#repairs;
    repairs.repair = (key, _copies, then) => {
      this.repaired.push(key.keyText());
      const outcome = this.outcomeOf(key.keyText());
      const end = () => then("known", outcome);
      if (this.#auto) end();
      else this.#open.push(end);
    };
    const copies = { main: this.main, backup: {} } as unknown as Copies;
    this.restore = new Restore({
      repairs,
      clock: this.clock,
      cpuMs: () => 0,
      unixTime: () => 0,
      keysPerSecond: 1000,
      spoolBytes: 1000,
      sources,
      latency: new LatencyHistogram(),
      evictions: () => Promise.resolve(this.evictions),
      owns: (key) => !key.keyText().startsWith("other"),
      copiesOf: () => copies,
      report: (progress) => this.reports.push(progressText(progress)),
      signal: this.abort.signal,
      ...options,
    });
    void this.restore.run().then((end) => this.end = end);
  }

  /** Keys that clients read, and that were not kept. */
  get left(): number {
    return this.#repairs.counters.left;
  }

  /** The repair of a key that a client read has failed. */
  readFails(): void {
    this.#repairs.counters.failed++;
  }

  /** Repairs stay under way until `finish`. */
  hold(): void {
    this.#auto = false;
  }

  finish(): void {
    for (const then of this.#open.splice(0)) then();
  }

  async pass(ms: number): Promise<void> {
    const all = ms + this.#calmMs;
    this.#calmMs = 0;
    for (let left = all; left > 0; left -= 10) {
      this.clock.advance(Math.min(10, left));
      // Nothing here needs more than microtasks.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  }
}

/** So many names. */
export function keys(count: number, prefix = "k"): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at}`);
}
