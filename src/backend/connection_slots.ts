/**
 * The connections of one server that requests of all kinds share, each in a slot of its own.
 *
 *   request ── hash of its key ──> slot ── empty? ──> a new connection
 *
 * Requests of one key always use the same slot, so a client that writes and then reads sees
 * what it wrote.
 *
 * Owned by: Backend.
 */

import { keyHash } from "../hash/key_hash.ts";
import type { FailureReason } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Connection } from "./connection.ts";

/** As many slots as the server has shared connections. */
export class ConnectionSlots {
  readonly #slots: (Connection | null)[];
  readonly #connect: () => Connection;

  constructor(count: number, connect: () => Connection) {
    this.#slots = new Array(count).fill(null);
    this.#connect = connect;
  }

  /** Null where there is no connection. */
  get all(): readonly (Connection | null)[] {
    return this.#slots;
  }

  get taken(): readonly Connection[] {
    return this.#slots.filter((connection) => connection !== null);
  }

  /** Requests that wait or are unanswered on all of them. */
  get depth(): number {
    return this.taken.reduce((sum, { depth }) => sum + depth, 0);
  }

  /** The connection that all requests of this key use; opened when there is none. */
  of({ keyBytes, keyStart, keyEnd }: Request): Connection {
    const slots = this.#slots;
    const slot = slots.length === 1 ? 0 : keyHash(keyBytes, keyStart, keyEnd) % slots.length;
    return slots[slot] ?? (slots[slot] = this.#connect());
  }

  /** The slot that the connection is in; below 0 for none. */
  slotOf(connection: Connection): number {
    return this.#slots.indexOf(connection);
  }

  put(slot: number, connection: Connection | null): void {
    this.#slots[slot] = connection;
  }

  /** Opens a connection where there is none. */
  fill(slot: number): void {
    this.#slots[slot] ??= this.#connect();
  }

  /** Each leaves its slot as it is closed. */
  closeAll(reason: FailureReason | null): void {
    for (const connection of this.taken) connection.close(reason);
  }
}
