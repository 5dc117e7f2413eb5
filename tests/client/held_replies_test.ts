/** Copies of replies: what was copied stays, and what is used again was let go. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { HeldReplies } from "../../src/client/held_replies.ts";
import type { HeldReply } from "../../src/client/reply_copies.ts";
import { BLOCK_BYTES, ReplyCopies } from "../../src/client/reply_copies.ts";
import { ChunkLoan } from "../../src/message/loan.ts";
import type { Reply } from "../../src/message/reply.ts";
import { hitOf, replyOf } from "../support/fake_destination.ts";
import { toText } from "../support/latin1.ts";
import { forSeeds } from "../support/seeded_random.ts";
import { loneOutput } from "./lone_output.ts";

test("HeldReplies.hold copies like retain, whatever the copy was before", () => {
  const copies = new ReplyCopies();
  const held = new HeldReplies(copies, loneOutput());
  const first = held.hold(hitOf("long value", { key: "first" }));
  held.letGo(first);
  const reply = replyOf("STORED");
  reply.start = 1;
  const second = held.hold(reply);
  const other = reply.retain();

  assertEquals(second === first, true);
  assertEquals(second.bytes.slice(second.start, second.end), other.bytes);
  const apart = { bytes: null, loan: null, block: null };
  assertEquals({ ...second, ...apart }, { ...other, ...apart });
});

test("HeldReplies shifts every offset with its bytes", () => {
  const held = new HeldReplies(new ReplyCopies(), loneOutput());
  held.hold(replyOf("STORED"));
  const reply = hitOf("the value", { key: "the-key" });
  reply.casStart = reply.keyStart;
  reply.casEnd = reply.keyEnd;
  const copy = held.hold(reply);
  const ranges = (from: Reply) =>
    [["start", "end"], ["keyStart", "keyEnd"], ["casStart", "casEnd"], ["valueStart", "valueEnd"]]
      .map(([start, end]) =>
        toText(from.bytes, from[start as "start"] as number, from[end as "end"] as number)
      );
  assertEquals(copy.start > 0, true);
  assertEquals(ranges(copy), ranges(reply));
});

test("HeldReplies counts a block as a whole until the last of its replies is let go", () => {
  const output = loneOutput();
  const held = new HeldReplies(new ReplyCopies(), output);
  const copies = ["a", "b", "c"].map((key) => held.hold(hitOf("v", { key })));
  assertEquals(output.waitingBytes, BLOCK_BYTES);
  held.letGo(copies[2]);
  held.letGo(copies[0]);
  assertEquals(output.waitingBytes, BLOCK_BYTES);
  held.letGo(copies[1]);
  assertEquals(output.waitingBytes, 0);
});

test("HeldReplies counts the bytes of a long reply, which has no block", () => {
  const output = loneOutput();
  const held = new HeldReplies(new ReplyCopies(), output);
  const reply = hitOf("x".repeat(3000));
  const copy = held.hold(reply);
  assertEquals([output.waitingBytes, copy.block], [reply.end, null]);
  held.letGo(copy);
  assertEquals(output.waitingBytes, 0);
});

test("HeldReplies keeps what clients wait for apart while blocks and chunks are used again", () => {
  forSeeds(25, (random) => {
    const copies = new ReplyCopies();
    const outputs = [loneOutput(), loneOutput(), loneOutput()];
    const clients = outputs.map((output) => ({
      output,
      held: new HeldReplies(copies, output),
      waiting: [] as { copy: HeldReply; text: string }[],
      text: "",
    }));
    const loan = new ChunkLoan();
    for (let step = 0; step < 30; step++) {
      const chunk = chunkOf(random.below(30), () => random.below(random.pick([20, 200, 1500])));
      for (const range of chunk.ranges) {
        const { held, waiting } = random.pick(clients);
        const reply = chunk.reply(range);
        reply.loan = random.chance(0.9) ? loan : null;
        const text = toText(chunk.bytes, range.start, range.end);
        waiting.push({ copy: held.hold(reply), text });
      }
      if (random.chance(0.5)) letSomeGo();
      loan.end();
      chunk.bytes.fill(0x3f);
      letSomeGo();
    }

    function letSomeGo(): void {
      for (const client of clients) {
        const { held, output, waiting } = client;
        for (let count = random.below(60); count > 0 && waiting.length > 0; count--) {
          const { copy, text } = waiting.splice(random.chance(0.9) ? 0 : waiting.length - 1, 1)[0];
          held.settle(copy);
          output.out.lend(copy.bytes, copy.start, copy.end, copy.loan ?? loan);
          // Without a block its bytes are its own, and nobody changes them.
          held.letGo(copy);
          client.text += text;
        }
      }
    }

    for (const { output, text } of clients) assertEquals(toText(output.out.view()), text);
  });
});

/** Replies side by side in one chunk. */
function chunkOf(count: number, length: () => number) {
  const parts = Array.from({ length: count }, (_, at) => hitOf(`${at}`.repeat(length())));
  const total = parts.reduce((sum, part) => sum + part.end, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  const ranges = parts.map((part) => {
    bytes.set(part.bytes, at);
    const range = { part, start: at, end: at + part.end };
    at = range.end;
    return range;
  });
  const reply = ({ part, start }: typeof ranges[number]): Reply => {
    const reply = part.retain();
    part.describe(reply, start);
    reply.bytes = bytes;
    return reply;
  };
  return { bytes, ranges, reply };
}
