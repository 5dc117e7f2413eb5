import { test } from "node:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { forSeeds } from "../support/seeded_random.ts";

test("OutputBuffer holds all that was appended, in whatever way", () => {
  forSeeds(200, (random) => {
    const out = new OutputBuffer();
    let model = "";
    for (let step = 0; step < 60; step++) {
      const text = String.fromCharCode(random.below(256)).repeat(random.below(200));
      switch (random.below(5)) {
        case 0:
          out.append(toBytes(`<${text}>`), 1, 1 + text.length);
          model += text;
          break;
        case 1:
          out.appendAll(toBytes(text));
          model += text;
          break;
        case 2:
          out.appendByte(step);
          model += String.fromCharCode(step);
          break;
        case 3:
          out.appendText(text);
          model += text;
          break;
        default:
          if (random.chance(0.3)) {
            out.clear(random.below(1000));
            model = "";
          }
      }
      assertEquals([toText(out.view()), out.length], [model, model.length]);
    }
  });
});

test("OutputBuffer keeps its memory when it is cleared, up to a bound", () => {
  const out = new OutputBuffer();
  out.appendText("x".repeat(1000));
  const { bytes } = out;
  out.clear(bytes.length);
  assertStrictEquals(out.bytes, bytes);
  out.clear(bytes.length - 1);
  assertEquals([out.bytes.length, out.length], [0, 0]);
});
