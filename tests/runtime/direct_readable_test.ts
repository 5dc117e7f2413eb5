/** The receiving half of a socket, without a socket. */

import { test } from "node:test";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DirectReadable } from "../../src/runtime/direct_readable.ts";

/** A readable, and what it asked of its socket. */
function fresh(): { readable: DirectReadable; asked: string[] } {
  const asked: string[] = [];
  const readable = new DirectReadable({
    wanted: () => asked.push("wanted"),
    cancelled: () => asked.push("cancelled"),
  });
  return { readable, asked };
}

const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);

test("DirectReadable gives a chunk to the read that waits", async () => {
  const { readable, asked } = fresh();
  const reading = readable.getReader().read();
  assertEquals(asked, ["wanted"]);
  readable.deliver(ONE);
  assertEquals(await reading, { value: ONE, done: false });
  assertEquals(readable.holds, false);
});

test("DirectReadable holds what nobody waits for, and loses nothing that comes behind it", async () => {
  const { readable, asked } = fresh();
  readable.deliver(ONE);
  readable.deliver(TWO);
  assertEquals(readable.holds, true);
  readable.end();
  assertEquals(await readable.read(), { value: Uint8Array.of(1, 2), done: false });
  assertEquals(asked, ["wanted"]);
  assertEquals(await readable.read(), { done: true });
  await readable.closed;
});

test("DirectReadable ends the read that waits", async () => {
  const { readable } = fresh();
  const reading = readable.read();
  readable.end();
  assertEquals((await reading).done, true);
});

test("DirectReadable fails the read that waits, those after it, and drops what it holds", async () => {
  const { readable } = fresh();
  const reading = readable.read();
  readable.fail(new Error("reset"));
  await assertRejects(() => reading, Error, "reset");
  await assertRejects(() => readable.read(), Error, "reset");
  await assertRejects(() => readable.closed, Error, "reset");

  const other = fresh();
  other.readable.deliver(ONE);
  other.readable.fail(new Error("reset"));
  await assertRejects(() => other.readable.read(), Error, "reset");
});

test("DirectReadable cancels once, and ends the read that waits", async () => {
  const { readable, asked } = fresh();
  const reading = readable.read();
  await readable.cancel();
  await readable.cancel();
  readable.deliver(ONE);
  assertEquals((await reading).done, true);
  assertEquals(asked, ["wanted", "cancelled"]);
});

test("DirectReadable lets one read wait, and has one reader", async () => {
  const { readable } = fresh();
  const reader = readable.getReader();
  const reading = reader.read();
  await assertRejects(() => reader.read(), TypeError);
  assertThrows(() => readable.getReader(), TypeError);
  reader.releaseLock();
  assertEquals(readable.getReader() === reader, true);
  readable.end();
  await reading;
});

test("DirectReadable can be read as a standard stream", async () => {
  const { readable } = fresh();
  const text = readable.pipeThrough(
    new TransformStream<Uint8Array, string>({
      transform: (chunk, controller) => controller.enqueue(String(chunk[0])),
    }),
  );
  const reader = text.getReader();
  const reading = reader.read();
  await Promise.resolve();
  readable.deliver(TWO);
  assertEquals((await reading).value, "2");
  readable.end();
  assertEquals((await reader.read()).done, true);
});
