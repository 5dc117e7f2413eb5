/**
 * The CPU time of the proxy, and what of it a restore cost beyond the clients' requests.
 */

import { cpuNanos } from "../benchmark/process_usage.ts";
import type { LoadCounts } from "./paced_client.ts";

const NANOS_PER_MICRO = 1000;

/** CPU time and requests of one span of time. */
export interface Span {
  readonly nanos: number;
  readonly requests: number;
}

/** Splits the life of one proxy into spans. */
export class ProxyCost {
  readonly #pid: number;
  readonly #counts: LoadCounts;
  #nanos: number;
  #requests: number;

  constructor(pid: number, counts: LoadCounts) {
    this.#pid = pid;
    this.#counts = counts;
    this.#nanos = cpuNanos(pid);
    this.#requests = counts.requests;
  }

  /** What was used since the last call. */
  take(): Span {
    const nanos = cpuNanos(this.#pid);
    const { requests } = this.#counts;
    const span = { nanos: nanos - this.#nanos, requests: requests - this.#requests };
    this.#nanos = nanos;
    this.#requests = requests;
    return span;
  }
}

/** One line: CPU time for a request before, and for a key beyond the requests' share. */
export function costText(before: Span, during: Span, keys: number): string {
  const request = before.requests === 0 ? 0 : before.nanos / before.requests;
  const extra = Math.max(0, during.nanos - request * during.requests);
  const micros = (nanos: number) => (nanos / NANOS_PER_MICRO).toFixed(1);
  return `proxy CPU: ${micros(request)} µs a request before; during the restore ` +
    `${(during.nanos / 1e9).toFixed(2)} s for ${during.requests} requests and ${keys} keys, ` +
    `${micros(keys === 0 ? 0 : extra / keys)} µs a key beyond the requests`;
}
