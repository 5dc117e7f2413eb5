/**
 * One large value on its way out through one connection.
 *
 *   Body --part--> append --> socket        hold while too much waits, or not open yet
 *
 * Owned by: Connection, from `begin` to the last byte or its own end.
 */

import type { Body, BodyTaker } from "../message/body.ts";

/** A large value is held while more than this waits to be written, bytes. */
const HIGH_BYTES = 1 << 20;

/** What the passage asks of its connection. */
export interface PassageOwner {
  /** Takes bytes to be written. */
  append(bytes: Uint8Array, start: number, end: number): void;
  /** Bytes that wait to be written. */
  readonly waitingBytes: number;
  /** The last byte is handed over. */
  passed(): void;
  /** The client went away in the middle. */
  aborted(): void;
}

/** Passes the parts of a body on, as fast as the connection takes them. */
export class BodyPassage implements BodyTaker {
  readonly #owner: PassageOwner;
  #body: Body | null = null;
  #left = 0;
  #held = false;

  constructor(owner: PassageOwner) {
    this.#owner = owner;
  }

  /** Parts of a body are still to come. */
  get open(): boolean {
    return this.#body !== null;
  }

  /** Takes a body; it stays held until `resume` when the connection is not `ready`. */
  begin(body: Body, ready: boolean): void {
    this.#body = body;
    this.#left = body.left;
    if (!ready) this.#hold();
  }

  /** Lets the parts come; a body whose client is gone aborts at once. */
  attach(): void {
    this.#body?.attach(this);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.#owner.append(bytes, start, end);
    this.#left -= end - start;
    if (this.#owner.waitingBytes > HIGH_BYTES) this.#hold();
    if (this.#left > 0) return;
    this.end();
    this.#owner.passed();
  }

  abort(): void {
    this.#owner.aborted();
  }

  /** There is room again. */
  resume(): void {
    if (!this.#held || this.#owner.waitingBytes > HIGH_BYTES) return;
    this.#held = false;
    this.#body?.release();
  }

  /** No more is passed on; safe to call twice. */
  end(): void {
    const body = this.#body;
    this.#body = null;
    body?.detach(this);
    if (this.#held) body?.release();
    this.#held = false;
  }

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#body?.hold();
  }
}
