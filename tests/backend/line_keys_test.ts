import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { LINE_KEYS_LIMIT, LineKeys } from "../../src/backend/line_keys.ts";
import { toBytes } from "../support/latin1.ts";
import { forSeeds } from "../support/seeded_random.ts";

/** Keys of a line as they lie in it, one behind the other. */
class Line {
  readonly keys = new LineKeys();
  readonly bytes = new Uint8Array(64 << 10);
  length = 0;

  find(key: string): number {
    const bytes = toBytes(`<${key}>`);
    return this.keys.find(this.bytes, bytes, 1, 1 + key.length);
  }

  /** As `RequestLines` does it: looks, and adds what is not there. */
  ask(key: string): number {
    const number = this.find(key);
    if (number >= 0) return number;
    const start = this.length;
    this.bytes.set(toBytes(key), start);
    this.length += key.length;
    this.keys.add(start, this.length);
    return -1;
  }
}

test("LineKeys finds the keys of its line, and no others", () => {
  forSeeds(40, (random) => {
    const line = new Line();
    for (let round = 0; round < 5; round++) {
      const known: string[] = [];
      for (let step = 0; step < LINE_KEYS_LIMIT; step++) {
        const key = `${random.pick(["", "user:", "x".repeat(200)])}${random.below(60)}`;
        const number = line.ask(key);
        // A crowded table may forget a key, but never takes one for another.
        if (number >= 0) assertEquals(known[number], key);
        else known.push(key);
      }
      assertEquals(line.keys.size, known.length);
      line.keys.clear();
      line.length = 0;
      assertEquals([line.keys.size, line.find(known[0])], [0, -1]);
    }
  });
});

test("LineKeys finds each of a hundred different keys", () => {
  const line = new Line();
  const keys = Array.from({ length: 100 }, (_, index) => `memtier-${index * 7919}`);
  for (const key of keys) assertEquals(line.ask(key), -1);
  const found = keys.filter((key, index) => line.find(key) === index).length;
  // A few may stand in crowded places.
  assertEquals(found >= 95, true, `${found} of 100`);
});

test("LineKeys tells keys of one slot apart, and gives up where it is crowded", () => {
  const crowd = keysOfOneSlot(12);
  const line = new Line();
  for (const key of crowd) assertEquals(line.ask(key), -1);
  assertEquals(crowd.slice(0, 8).map((key) => line.find(key)), [0, 1, 2, 3, 4, 5, 6, 7]);
  assertEquals(crowd.slice(8).map((key) => line.find(key)), [-1, -1, -1, -1]);
});

/** Keys that push each other from the same place: found by asking an otherwise empty table. */
function keysOfOneSlot(count: number): string[] {
  const crowd = ["k0"];
  for (let index = 1; crowd.length < count; index++) {
    const key = `k${index}`;
    if (sharesSlot(crowd[0], key)) crowd.push(key);
  }
  return crowd;
}

/** Eight copies of one key fill all the places of its slot: then no other of that slot is kept. */
function sharesSlot(first: string, key: string): boolean {
  const line = new Line();
  for (let copy = 0; copy < 8; copy++) {
    line.find(first);
    line.bytes.set(toBytes(`other${copy}`), line.length);
    line.keys.add(line.length, line.length += 6);
  }
  return line.ask(key) === -1 && line.find(key) === -1;
}
