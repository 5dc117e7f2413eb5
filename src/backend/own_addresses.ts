/**
 * Our side of the connections to one server: of those that are open, and of those that were
 * lost and may still have bytes there.
 *
 *   opened ─> open ─ closed in order ─> forgotten
 *                  ─ failed ──────────> lost ─ known to be gone there ─> forgotten
 *
 * Owned by: Backend. Lost ones are forgotten by whoever has waited for their end.
 */

import type { Connection } from "./connection.ts";

/** Addresses of lost connections that are remembered. */
const LOST_MAX = 1024;

/** Remembers our addresses. */
export class OwnAddresses {
  readonly lost: Set<string> = new Set();
  readonly #open = new Map<Connection, string>();

  get open(): readonly string[] {
    return [...this.#open.values()];
  }

  opened(connection: Connection): void {
    this.#open.set(connection, connection.localAddress);
    this.lost.delete(connection.localAddress);
  }

  /** `failed`: not in order. */
  closed(connection: Connection, failed: boolean): void {
    this.#open.delete(connection);
    if (!failed) return;
    // A set keeps its order: past the limit the oldest address goes.
    this.lost.add(connection.localAddress);
    if (this.lost.size <= LOST_MAX) return;
    const [oldest] = this.lost;
    this.lost.delete(oldest);
  }
}
