import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ReadBuffer } from "../../src/runtime/read_buffer.ts";

const KIBIBYTE = 1024;

/** Reads that fill the buffer, until it has this size. */
function grown(size: number): ReadBuffer {
  const buffer = new ReadBuffer();
  while (buffer.bytes.length < size) buffer.take(buffer.bytes.length);
  return buffer;
}

test("ReadBuffer gives the bytes that were read", () => {
  const buffer = new ReadBuffer();
  buffer.bytes.set([1, 2, 3]);
  assertEquals(buffer.take(3), new Uint8Array([1, 2, 3]));
});

test("ReadBuffer starts at 2 KiB and doubles up to 64 KiB when reads fill it", () => {
  const buffer = new ReadBuffer();
  const sizes: number[] = [];
  for (let read = 0; read < 7; read++) {
    sizes.push(buffer.bytes.length / KIBIBYTE);
    buffer.take(buffer.bytes.length);
  }
  assertEquals(sizes, [2, 4, 8, 16, 32, 64, 64]);
});

test("ReadBuffer does not wait with more than 16 KiB", () => {
  const buffer = grown(64 * KIBIBYTE);
  buffer.take(63 * KIBIBYTE);
  assertEquals(buffer.bytes.length, 16 * KIBIBYTE);
});

test("ReadBuffer leaves a chunk alone when it changes its size", () => {
  const buffer = new ReadBuffer();
  buffer.bytes.fill(7);
  const chunk = buffer.take(buffer.bytes.length);
  buffer.bytes.fill(9);
  assertEquals(chunk, new Uint8Array(2 * KIBIBYTE).fill(7));
});

test("ReadBuffer shrinks to 2 KiB while reads stay small", () => {
  const buffer = grown(16 * KIBIBYTE);
  const readSmall = () => {
    for (let read = 0; read < 32; read++) buffer.take(100);
    return buffer.bytes.length / KIBIBYTE;
  };
  assertEquals([readSmall(), readSmall(), readSmall(), readSmall()], [8, 4, 2, 2]);
});

test("ReadBuffer keeps its size when larger reads come between", () => {
  const buffer = grown(16 * KIBIBYTE);
  for (let read = 0; read < 200; read++) buffer.take(read % 20 === 0 ? 8 * KIBIBYTE : 100);
  assertEquals(buffer.bytes.length, 16 * KIBIBYTE);
});

test("ReadBuffer lends a large buffer to others once the next read begins, and no sooner", () => {
  const first = grown(64 * KIBIBYTE);
  const large = first.bytes;
  large.fill(7);
  const chunk = first.take(63 * KIBIBYTE);
  const others = Array.from({ length: 40 }, () => grown(64 * KIBIBYTE));
  for (const other of others) other.bytes.fill(9);
  assertEquals(chunk, new Uint8Array(63 * KIBIBYTE).fill(7));
  assertEquals(first.bytes === large, false);
  const next = grown(64 * KIBIBYTE);
  assertEquals([next.bytes === large, next.bytes === others[0].bytes], [true, false]);
});

test("ReadBuffer keeps few spare buffers", () => {
  const buffers = Array.from({ length: 40 }, () => grown(64 * KIBIBYTE));
  const before = new Set(buffers.map((buffer) => buffer.bytes));
  for (const buffer of buffers) {
    buffer.take(1);
    buffer.bytes.fill(0);
  }
  const again = Array.from({ length: 40 }, () => grown(64 * KIBIBYTE).bytes);
  assertEquals([before.size, again.filter((bytes) => before.has(bytes)).length], [40, 16]);
});
