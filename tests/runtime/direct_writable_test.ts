/** The sending half of a socket, on a socket that only remembers. */

import { test } from "node:test";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type ByteTarget, DirectWritable } from "../../src/runtime/direct_writable.ts";

/** Takes the first `free` writes at once; the others wait until they are told how they ended. */
class SlowTarget implements ByteTarget {
  readonly asked: (number | string)[] = [];
  readonly writable = new DirectWritable(this);
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  write(chunk: Uint8Array): Promise<void> | null {
    this.asked.push(chunk[0]);
    if (this.#free-- > 0) return null;
    const waiting = Promise.withResolvers<void>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  shutDown(): void {
    this.asked.push("shut down");
  }

  aborted(): void {
    this.asked.push("aborted");
  }

  finish(error: Error | null): void {
    this.writable.settled();
    if (error !== null) this.writable.fail(error);
    if (error === null) this.#waiting.shift()!.resolve();
    else this.#waiting.shift()!.reject(error);
  }
}

const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);

test("DirectWritable is done with a write that its socket takes at once", async () => {
  const { writable, asked } = new SlowTarget(1);
  await writable.getWriter().write(ONE);
  assertEquals(asked, [1]);
  assertEquals(writable.desiredSize, 1);
});

test("DirectWritable writes one after the other, and shuts down behind them", async () => {
  const target = new SlowTarget(0);
  const { writable, asked } = target;
  const first = writable.write(ONE);
  const second = writable.write(TWO);
  const closing = writable.close();
  assertEquals(asked, [1]);
  assertEquals(writable.desiredSize, 0);

  target.finish(null);
  await first;
  await Promise.resolve();
  assertEquals(asked, [1, 2]);
  target.finish(null);
  await second;
  await closing;
  await writable.closed;
  assertEquals(asked, [1, 2, "shut down"]);
  await assertRejects(() => writable.write(ONE), TypeError);
});

test("DirectWritable fails the writes behind one that failed", async () => {
  const target = new SlowTarget(0);
  const { writable, asked } = target;
  const writes = [writable.write(ONE), writable.write(TWO)];
  const outcomes = Promise.allSettled(writes);
  target.finish(new Error("reset"));
  assertEquals((await outcomes).map(({ status }) => status), ["rejected", "rejected"]);
  await assertRejects(() => writable.write(ONE), Error, "reset");
  await assertRejects(() => writable.closed, Error, "reset");
  assertEquals(asked, [1]);
  assertEquals(writable.desiredSize, null);
});

test("DirectWritable tells its socket once that it is aborted", async () => {
  const { writable, asked } = new SlowTarget(1);
  await writable.abort();
  await writable.abort();
  await assertRejects(() => writable.write(ONE), Error, "The stream was aborted");
  assertEquals(asked, ["aborted"]);
});

test("DirectWritable has one writer", () => {
  const { writable } = new SlowTarget(1);
  const writer = writable.getWriter();
  assertThrows(() => writable.getWriter(), TypeError);
  writer.releaseLock();
  assertEquals(writable.locked, false);
});
