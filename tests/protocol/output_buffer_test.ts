import { test } from "node:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { ChunkLoan } from "../../src/message/loan.ts";
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

test("OutputBuffer holds what was lent when the loan ends, whatever else came meanwhile", () => {
  forSeeds(300, (random) => {
    const out = new OutputBuffer();
    const loans = [new ChunkLoan(), new ChunkLoan()];
    const chunks = loans.map(() => new Uint8Array(600));
    const places = [0, 0];
    let model = "";
    for (let step = 0; step < 80; step++) {
      const which = random.below(2);
      const chunk = chunks[which];
      // Neighbours more often than not.
      if (random.chance(0.3)) places[which] = random.below(300);
      const start = places[which];
      const end = start + random.below(50);
      switch (random.below(6)) {
        case 0:
          loans[which].end();
          for (let at = 0; at < chunk.length; at++) chunk[at] = random.below(256);
          places[which] = 0;
          break;
        case 1:
          out.appendText("text");
          model += "text";
          break;
        case 2:
          if (random.chance(0.8)) break;
          if (random.chance(0.5)) assertEquals(toText(out.view()), model);
          else {
            out.clear(random.below(1000));
            model = "";
          }
          break;
        default:
          if (end > chunk.length) break;
          out.lend(chunk, start, end, loans[which]);
          model += toText(chunk, start, end);
          places[which] = end;
      }
      assertEquals(out.length, model.length);
    }
    for (const loan of loans) loan.end();
    for (const chunk of chunks) chunk.fill(0x3f);
    assertEquals([toText(out.view()), out.lends], [model, false]);
  });
});

test("OutputBuffer copies neighbours that are lent together, and others apart", () => {
  const copied: number[] = [];
  const out = new OutputBuffer((target, at, source, start, end) => {
    copied.push(end - start);
    target.set(source.subarray(start, end), at);
  });
  const loan = new ChunkLoan();
  const chunk = toBytes("x".repeat(500));
  for (const start of [0, 60, 120, 300, 360]) out.lend(chunk, start, start + 60, loan);
  assertEquals([copied, out.lends], [[180], true]);
  loan.end();
  assertEquals([copied, out.lends], [[180, 120], false]);
});
