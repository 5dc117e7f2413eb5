import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { BufferBudget } from "../../src/client/buffer_budget.ts";
import { ClientOutput } from "../../src/client/client_output.ts";
import { copyBytes } from "../../src/message/copy_bytes.ts";
import { ReplyCopies } from "../../src/client/reply_copies.ts";
import { ReplyQueue } from "../../src/client/reply_queue.ts";
import { COMMANDS } from "../../src/message/command.ts";
import { TextReplyWriter } from "../../src/protocol/text_reply_writer.ts";
import { Counters } from "../../src/stats/counters.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { hitOf, replyOf } from "../support/fake_destination.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { FakeTurns } from "../support/fake_turns.ts";
import { toBytes } from "../support/latin1.ts";
import { parsedRequest } from "../support/parsed_request.ts";

const MIB = 1 << 20;

function queue() {
  const counters = new Counters(COMMANDS.length);
  const socket = new FakeSocket();
  const services = {
    turns: new FakeTurns(new FakeClock().now).queue,
    counters,
    budget: new BufferBudget(64 * MIB),
    limits: { replyBytes: 64 * MIB },
    copyBytes,
  };
  const owner = { written: () => {}, slow: () => {}, broken: () => {}, progressed: () => {} };
  const output = new ClientOutput(socket.writable.getWriter(), services, owner);
  const writer = new TextReplyWriter(true);
  const copies = new ReplyCopies();
  return { output, replies: new ReplyQueue(owner, { output, writer, counters, copies }) };
}

test("ReplyQueue holds bytes for the client until its head is answered", () => {
  const { output, replies } = queue();
  const slots = ["a", "b", "c"].map((key) => replies.open(parsedRequest(`get ${key}\r\n`)));
  slots[2].reply(hitOf("x".repeat(1000), { key: "c" }));
  slots[1].reply(replyOf("END"));
  assertEquals([replies.size, output.out.length, output.waitingBytes > 1000], [3, 0, true]);
  slots[0].reply(replyOf("END"));
  assertEquals([replies.size, output.waitingBytes], [0, output.out.length]);
});

test("ReplyQueue uses its places again, in the order of the requests", () => {
  const { output, replies } = queue();
  let text = "";
  for (let round = 0; round < 50; round++) {
    const slots = Array.from(
      { length: 1 + round % 7 },
      () => replies.open(parsedRequest("incr k 1\r\n")),
    );
    for (const [at, slot] of [...slots.entries()].reverse()) slot.reply(replyOf(`${round}${at}`));
    text += slots.map((_, at) => `${round}${at}\r\n`).join("");
  }
  assertEquals(new TextDecoder().decode(output.out.view()), text);
  assertEquals([replies.size, output.waitingBytes], [0, text.length]);
});

test("ReplyQueue says of an own reply only what it is, in a copy used before too", () => {
  const { output, replies } = queue();
  for (const text of ["STORED", "OK"]) {
    const slots = ["get a", "version"].map((line) => replies.open(parsedRequest(`${line}\r\n`)));
    slots[1].reply(replyOf(text));
    slots[0].reply(replyOf("END"));
  }
  assertEquals(new TextDecoder().decode(output.out.view()), "END\r\nSTORED\r\nEND\r\nOK\r\n");
});

test("ReplyQueue keeps nothing for a client that is gone", () => {
  const { output, replies } = queue();
  const slots = ["a", "b", "c", "d"].map((key) => replies.open(parsedRequest(`get ${key}\r\n`)));
  const head = hitOf("x".repeat(8 * MIB));
  head.end = head.valueStart;
  const part = toBytes("x".repeat(MIB));
  slots[0].begin(head);
  slots[0].part(part, 0, part.length);
  slots[1].reply(hitOf("x".repeat(MIB), { key: "b" }));
  output.close();
  for (let count = 0; count < 5; count++) slots[0].part(part, 0, part.length);
  slots[0].end(true);
  slots[2].begin(head);
  slots[2].part(part, 0, part.length);
  slots[3].reply(hitOf("x".repeat(MIB), { key: "d" }));
  assertEquals([output.waitingBytes, output.backedUp], [0, false]);
});
