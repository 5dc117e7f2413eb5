import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ReplyCopies } from "../../src/client/reply_copies.ts";
import { ReplyQueue } from "../../src/client/reply_queue.ts";
import { COMMANDS } from "../../src/message/command.ts";
import { ChunkLoan } from "../../src/message/loan.ts";
import type { ReplySlot } from "../../src/client/reply_slot.ts";
import { Reply } from "../../src/message/reply.ts";
import { TextReplyWriter } from "../../src/protocol/text_reply_writer.ts";
import { Counters } from "../../src/stats/counters.ts";
import { hitOf, replyOf } from "../support/fake_destination.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { forSeeds } from "../support/seeded_random.ts";
import { loneOutput } from "./lone_output.ts";

const MIB = 1 << 20;

function queue(copies = new ReplyCopies()) {
  const counters = new Counters(COMMANDS.length);
  const output = loneOutput(counters);
  const owner = { progressed: () => {}, broken: () => {} };
  const writer = new TextReplyWriter(true);
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

test("ReplyQueue answers keys in their order, in whatever order chunks of two servers come", () => {
  forSeeds(50, (random) => {
    const copies = new ReplyCopies();
    const clients = [queue(copies), queue(copies)].map((one) => ({ ...one, text: "" }));
    const servers = [0, 1].map(() => ({ asked: [] as Asked[], loan: new ChunkLoan() }));
    for (let line = 0; line < 20; line++) {
      const client = random.pick(clients);
      const keys = 1 + random.below(30);
      for (let key = 0; key < keys; key++) {
        const request = parsedRequest(`get ${line}-${key}\r\n`);
        request.last = key === keys - 1;
        const reply = random.chance(0.9)
          ? hitOf("v".repeat(random.below(200)), { key: `${line}-${key}` })
          : replyOf("END");
        const hit = reply.valueEnd > 0 ? toText(reply.bytes) : "";
        client.text += hit + (request.last ? "END\r\n" : "");
        random.pick(servers).asked.push({ slot: client.replies.open(request), reply });
      }
      if (random.chance(0.5)) answerSome(random.pick(servers), random.below(40));
    }
    for (const server of servers) answerSome(server, Infinity);
    for (const { output, replies, text } of clients) {
      assertEquals([toText(output.out.view()), replies.size], [text, 0]);
      assertEquals(output.waitingBytes, text.length);
    }
  });
});

interface Asked {
  readonly slot: ReplySlot;
  readonly reply: Reply;
}

/** One chunk with the oldest answers of a server; its bytes are gone afterwards. */
function answerSome(server: { asked: Asked[]; loan: ChunkLoan }, count: number): void {
  const answers = server.asked.splice(0, count);
  const chunk = new Uint8Array(answers.reduce((sum, { reply }) => sum + reply.bytes.length, 0));
  const reply = new Reply();
  reply.loan = server.loan;
  reply.bytes = chunk;
  let at = 0;
  for (const answer of answers) {
    chunk.set(answer.reply.bytes, at);
    answer.reply.describe(reply, at);
    answer.slot.reply(reply);
    at = reply.end;
  }
  server.loan.end();
  chunk.fill(0x3f);
}
