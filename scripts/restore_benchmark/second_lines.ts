/**
 * A line for every second of a restore: what clients felt, how late the load generator itself
 * was, who used the CPU, and who had to wait for it.
 *
 *   proxy 62+15 %: it worked for 62 % of the second, and waited for a core for 15 %
 *
 * Owned by: the restore benchmark, which ends it.
 */

import { cpus } from "node:os";
import process from "node:process";
import { readBusyNanos } from "../benchmark/others_share.ts";
import { cpuNanos, queuedNanos } from "../benchmark/process_usage.ts";
import type { PacedLoad } from "./paced_load.ts";

const SECOND_MS = 1000;
const TICK_MS = 5;
const NANOS_PER_MS = 1e6;

/** Whose CPU time is told, by name. */
export type Watched = Readonly<Record<string, () => number>>;

/** Tells the seconds until it is ended. */
export class SecondLines {
  readonly #load: PacedLoad;
  readonly #watched: Watched;
  readonly #totals = new Map<string, number>();
  readonly #cores = cpus().map((_, core) => core);
  readonly #seconds: NodeJS.Timeout;
  readonly #ticks: NodeJS.Timeout;
  #tickMs = performance.now();
  #latestMs = 0;
  #second = 0;

  /** `watched`: process ids. */
  constructor(load: PacedLoad, watched: Watched) {
    this.#load = load;
    this.#watched = { ...watched, load: () => process.pid };
    this.#shares();
    this.#seconds = setInterval(() => this.#tell(), SECOND_MS);
    this.#ticks = setInterval(() => this.#tick(), TICK_MS);
  }

  end(): void {
    clearInterval(this.#seconds);
    clearInterval(this.#ticks);
  }

  /** What a request waits for because the load generator stands still is not the proxy's doing. */
  #tick(): void {
    const nowMs = performance.now();
    this.#latestMs = Math.max(this.#latestMs, nowMs - this.#tickMs - TICK_MS);
    this.#tickMs = nowMs;
  }

  #tell(): void {
    const latencies = this.#load.takeSecond();
    const ms = (share: number) => (latencies.percentile(share) / NANOS_PER_MS).toFixed(1);
    console.log(
      `  second ${this.#second++}: ${latencies.total} requests, p50 ${ms(0.5)} ms, ` +
        `p99 ${ms(0.99)} ms, worst ${ms(1)} ms; load late ${this.#latestMs.toFixed(1)} ms; ` +
        `CPU: ${this.#shares()}`,
    );
    this.#latestMs = 0;
  }

  /** Of one core, since the last line. */
  #shares(): string {
    const percent = (nanos: number) => Math.round(100 * nanos / NANOS_PER_MS / SECOND_MS);
    let ours = 0;
    const shares = Object.entries(this.#watched).map(([name, pid]) => {
      const used = this.#grown(`${name} used`, orGone(cpuNanos, pid()));
      const queued = this.#grown(`${name} queued`, orGone(queuedNanos, pid()));
      ours += used;
      return `${name} ${percent(used)}+${percent(queued)} %`;
    });
    const others = Math.max(0, this.#grown("busy", readBusyNanos(this.#cores)) - ours);
    return `${shares.join(", ")}, others ${percent(others)} %`;
  }

  #grown(name: string, total: number): number {
    const before = this.#totals.get(name) ?? total;
    this.#totals.set(name, total);
    return Math.max(0, total - before);
  }
}

/** 0 while the process is gone. */
function orGone(read: (pid: number) => number, pid: number): number {
  try {
    return read(pid);
  } catch {
    return 0;
  }
}
