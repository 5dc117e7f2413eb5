import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Input } from "../../src/protocol/input.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { forSeeds } from "../support/seeded_random.ts";

function waiting(input: Input): string {
  return toText(input.bytes, input.pos, input.end);
}

test("Input parses a chunk where it lies, and copies what is left of it", () => {
  const input = new Input();
  const chunk = toBytes("abcdef");
  input.append(chunk);
  assertStrictEquals(input.bytes, chunk);
  input.pos += 4;
  input.keep();
  chunk.fill(0x3f);
  assertEquals([waiting(input), input.length], ["ef", 2]);
  input.append(toBytes("gh"));
  assertEquals(waiting(input), "efgh");
});

test("Input lets go of a chunk that is used up", () => {
  const input = new Input();
  input.append(toBytes("abc"));
  input.pos = input.end;
  input.keep();
  assertEquals([input.length, input.bytes.length], [0, 0]);
});

test("Input makes room for what the parser needs once a quarter of it is there", () => {
  const input = new Input();
  input.append(toBytes("set"));
  input.need = 10_000;
  input.keep();
  assert(input.bytes.length < 1000, "what is only announced takes no memory");
  while (input.length <= 4096) input.append(toBytes("x"));
  const { bytes } = input;
  assertEquals(bytes.length, 10_000);
  while (input.length < 10_000) input.append(toBytes("x"));
  assertStrictEquals(input.bytes, bytes);
  assertEquals(input.length, 10_000);
});

test("Input copies a line that comes byte by byte a few times, not once a byte", () => {
  const input = new Input();
  const buffers = new Set<Uint8Array>();
  for (let at = 0; at < 100_000; at++) {
    input.append(toBytes("x"));
    input.keep();
    buffers.add(input.bytes);
  }
  assert(buffers.size < 20, `${buffers.size} buffers`);
  assertEquals(input.length, 100_000);
});

test("Input holds what was appended and not yet read, whatever comes and goes", () => {
  forSeeds(200, (random) => {
    const input = new Input();
    let model = "";
    for (let step = 0; step < 100; step++) {
      const letter = String.fromCharCode(random.below(256));
      const chunk = toBytes(letter.repeat(1 + random.below(random.pick([3, 100, 2000]))));
      model += toText(chunk);
      input.append(chunk);
      const read = random.chance(0.2) ? input.length : random.below(input.length + 1);
      input.pos += read;
      model = model.slice(read);
      input.need = random.chance(0.3) ? input.length + random.below(3000) : 0;
      input.keep();
      chunk.fill(0x3f);
      assertEquals(waiting(input), model);
    }
  });
});

test("Input copies of a chunk only what completes what was left of the one before", () => {
  const input = new Input();
  input.begin(toBytes("abcdef"));
  input.pos = 4;
  input.need = 5;
  assertEquals(input.goOn(), false);
  input.keep();
  const chunk = toBytes("ghijkl");
  input.begin(chunk);
  assertEquals(waiting(input), "efghi");
  input.pos = input.end;
  input.need = 0;
  assertEquals([input.goOn(), waiting(input), input.bytes === chunk], [true, "jkl", true]);
  assertEquals(input.goOn(), false);
});

test("Input uses a buffer of its own again, up to a bound", () => {
  for (const [bound, same] of [[0, false], [4000, true], [100, false]] as const) {
    const input = new Input(bound);
    const used = [0, 1].map(() => {
      input.begin(toBytes("x".repeat(1000)));
      input.keep();
      const { bytes } = input;
      input.pos = input.end;
      input.keep();
      return bytes;
    });
    assertEquals(used[0] === used[1], same, `up to ${bound} bytes`);
  }
});

test("Input holds what was begun with and not yet read, whatever comes and goes", () => {
  forSeeds(60, (random) => {
    const input = new Input(2000);
    let model = "";
    for (let step = 0; step < 100; step++) {
      const length = 1 + random.below(random.pick([3, 100, 3000]));
      const text = Array.from({ length: 8 }, () => String.fromCharCode(random.below(256))).join("");
      const chunk = toBytes(text.repeat(length / 8 + 1).slice(0, length));
      model += toText(chunk);
      input.begin(chunk);
      do {
        assertEquals(waiting(input), model.slice(0, input.length));
        // A parser that is told of more than it needs has read some of it.
        const read = random.chance(0.4) ? input.length : random.below(input.length + 1);
        input.pos += read;
        model = model.slice(read);
        input.need = random.chance(0.5) ? input.length + random.below(3000) : 0;
      } while (input.goOn());
      input.keep();
      chunk.fill(0x3f);
      assertEquals(waiting(input), model);
    }
  });
});
