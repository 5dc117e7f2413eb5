/**
 * Two connected sockets of the runtime that runs the test, and what tests do with them.
 */

import { assertEquals } from "@std/assert";
import { withDeadline } from "../support/deadline.ts";
import type { Socket, SystemAddress } from "../../src/runtime/runtime.ts";
import { runtimeHere } from "../../src/runtime/runtime_here.ts";

const DEADLINE_MS = 10_000;

/** The runtime under test. */
export const runtime = await runtimeHere();

/** A free port of the loopback address. */
export const LOOPBACK = { transport: "tcp", hostname: "127.0.0.1", port: 0 } as const;

/** A signal that is never aborted. */
export function never(): AbortSignal {
  return new AbortController().signal;
}

/** Waits, but not for ever. */
export function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  return withDeadline(promise, DEADLINE_MS, what);
}

/** A connection, from both sides; both are closed when it is disposed of. */
export class SocketPair implements Disposable {
  readonly near: Socket;
  readonly far: Socket;

  private constructor(near: Socket, far: Socket) {
    this.near = near;
    this.far = far;
  }

  /** Opens one, over a listener that exists only for it. */
  static async open(address: SystemAddress = LOOPBACK): Promise<SocketPair> {
    const accepted = Promise.withResolvers<Socket>();
    const listener = await runtime.listen(address, accepted.resolve);
    const near = await runtime.connect(listener.address, never());
    const far = await soon(accepted.promise, "accepted socket");
    listener.close();
    return new SocketPair(near, far);
  }

  [Symbol.dispose](): void {
    this.near.close();
    this.far.close();
  }
}

/** Writes one chunk, without keeping the writer. */
export function send(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  return soon(write(socket, bytes), "write");
}

/** As `send`, for as long as it takes. */
export async function write(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  const writer = socket.writable.getWriter();
  const chunk = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  await writer.write(chunk).finally(() => writer.releaseLock());
}

/** Waits for a promise to reject; fails when it resolves, or takes too long. */
export async function rejection(promise: Promise<unknown>): Promise<void> {
  const outcome = promise.then(() => "resolved", () => "rejected");
  assertEquals(await soon(outcome, "rejection"), "rejected");
}

/** Reads one chunk as text, without keeping the reader; null at the end. */
export async function receive(socket: Socket): Promise<string | null> {
  const reader = socket.readable.getReader();
  const { done, value } = await soon(reader.read(), "read").finally(() => reader.releaseLock());
  return done ? null : new TextDecoder().decode(value);
}

/** Reads to the end; gives the number of bytes. */
export async function countToEnd(socket: Socket): Promise<number> {
  let total = 0;
  const reader = socket.readable.getReader();
  while (true) {
    const { done, value } = await soon(reader.read(), "read");
    if (done) return total;
    total += value.length;
  }
}

/** Lets the event loop turn often enough for everything that can happen to have happened. */
export async function letEverythingHappen(): Promise<void> {
  using pair = await SocketPair.open();
  for (let round = 0; round < 50; round++) {
    await send(pair.near, "ping");
    await receive(pair.far);
  }
}
