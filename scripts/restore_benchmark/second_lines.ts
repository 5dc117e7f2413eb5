/**
 * A line for every second of a restore: what clients felt, and who used the CPU.
 *
 * Owned by: the restore benchmark, which ends it.
 */

import process from "node:process";
import { cpuNanos } from "../benchmark/process_usage.ts";
import type { PacedLoad } from "./paced_load.ts";

const SECOND_MS = 1000;
const NANOS_PER_MS = 1e6;

/** Whose CPU time is told, by name. */
export type Watched = Readonly<Record<string, () => number>>;

/** Tells the seconds until it is ended. */
export class SecondLines {
  readonly #load: PacedLoad;
  readonly #watched: Watched;
  readonly #used = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #second = 0;

  /** `watched`: process ids. */
  constructor(load: PacedLoad, watched: Watched) {
    this.#load = load;
    this.#watched = { ...watched, load: () => process.pid };
    for (const name of Object.keys(this.#watched)) this.#percent(name);
    this.#timer = setInterval(() => this.#tell(), SECOND_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const latencies = this.#load.takeSecond();
    const ms = (share: number) => (latencies.percentile(share) / NANOS_PER_MS).toFixed(1);
    const shares = Object.keys(this.#watched).map((name) => `${name} ${this.#percent(name)} %`);
    console.log(
      `  second ${this.#second++}: ${latencies.total} requests, p50 ${ms(0.5)} ms, ` +
        `p99 ${ms(0.99)} ms, worst ${ms(1)} ms; CPU: ${shares.join(", ")}`,
    );
  }

  /** Of one core, since the last line. */
  #percent(name: string): number {
    const used = usedNanos(this.#watched[name]());
    const before = this.#used.get(name) ?? used;
    this.#used.set(name, used);
    return Math.max(0, Math.round(100 * (used - before) / NANOS_PER_MS / SECOND_MS));
  }
}

/** 0 while it is gone. */
function usedNanos(pid: number): number {
  try {
    return cpuNanos(pid);
  } catch {
    return 0;
  }
}
