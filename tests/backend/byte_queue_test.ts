import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ByteQueue } from "../../src/backend/byte_queue.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { forSeeds } from "../support/seeded_random.ts";

test("ByteQueue gives entries back in their order, whatever comes and goes", () => {
  forSeeds(100, (random) => {
    const queue = new ByteQueue();
    const model: string[] = [];
    for (let step = 0; step < 300; step++) {
      if (random.chance(0.55) || model.length === 0) {
        const letter = String.fromCharCode(random.below(256));
        const entry = letter.repeat(random.below(random.pick([2, 60, 600])));
        const source = toBytes(`<${entry}>`);
        queue.push(source, 1, 1 + entry.length);
        source.fill(0);
        model.push(entry);
      } else {
        queue.drop(model.shift()!.length);
      }
      if (model.length === 0) continue;
      const [first] = model;
      assertEquals(toText(queue.bytes, queue.head, queue.head + first.length), first);
    }
  });
});

test("ByteQueue compares its oldest entry", () => {
  const queue = new ByteQueue();
  queue.push(toBytes("key1key2"), 0, 4);
  queue.push(toBytes("key1key2"), 4, 8);
  const line = toBytes("get key1 key2 key");
  assertEquals(queue.isAt(0, 4, line, 4, 8), true);
  assertEquals(queue.isAt(0, 4, line, 9, 13), false);
  assertEquals(queue.isAt(0, 4, line, 4, 7), false);
  assertEquals(queue.isAt(0, 3, line, 14, 17), true);
  queue.drop(4);
  assertEquals(queue.isAt(0, 4, line, 9, 13), true);
  assertEquals(queue.isAt(0, 0, line, 0, 0), true);
});

test("ByteQueue does not grow while little waits in it", () => {
  const queue = new ByteQueue();
  const entry = toBytes("x".repeat(100));
  queue.push(entry, 0, 50);
  for (let step = 0; step < 1000; step++) {
    queue.push(entry, 0, 50);
    queue.drop(50);
  }
  assertEquals(queue.bytes.length, 256);
});
