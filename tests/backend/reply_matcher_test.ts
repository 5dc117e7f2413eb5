/** A server that has lost count is found out before anybody gets what belongs to another. */

import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { ExchangeQueue } from "../../src/backend/exchange_queue.ts";
import { ReplyMatcher } from "../../src/backend/reply_matcher.ts";
import type { Reply } from "../../src/message/reply.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { parsedRequest, TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { forSeeds } from "../support/seeded_random.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { LoneConnection } from "./lone_connection.ts";

/** Answers that others can get, and whoever asked first cannot. */
const ANSWERS_OF_OTHERS: readonly (readonly [sent: string, said: string])[] = [
  ["set a 0 0 1\r\nv\r\n", "VERSION 1\r\n"],
  ["set a 0 0 1\r\nv\r\n", "7\r\n"],
  ["set a 0 0 1\r\nv\r\n", "DELETED\r\n"],
  ["delete a\r\n", "STORED\r\n"],
  ["delete a\r\n", "7\r\n"],
  ["touch a 0\r\n", "7\r\n"],
  ["incr a 1\r\n", "STORED\r\n"],
  ["md a\r\n", "VA 1\r\nv\r\n"],
  ["ms a 1\r\nv\r\n", "VA 1\r\nv\r\n"],
  ["md a\r\n", "ME b exp=-1\r\n"],
  ["mg a v\r\n", "NS\r\n"],
  ["mg a v\r\n", "ME b exp=-1\r\n"],
  ["me a\r\n", "HD\r\n"],
];

test("ReplyMatcher gives nobody an answer that its command cannot have", async () => {
  for (const [sent, said] of ANSWERS_OF_OTHERS) {
    const lone = await new LoneConnection().open();
    const sink = lone.send(sent);
    await lone.turn();
    await lone.receive(said);
    assertEquals([sink.failure, lone.told.at(-1)], ["nonsense in doubt", "closed nonsense"], said);
  }
});

test("ReplyMatcher takes no misses from a line that is answered with a foreign key", async () => {
  const lone = await new LoneConnection().open();
  const sinks = ["get a\r\n", "get b\r\n"].map((text) => lone.send(text));
  await lone.turn();
  await lone.receive("VALUE x 0 1\r\n1\r\nEND\r\n");
  assertEquals(sinks.map((sink) => sink.failure), ["nonsense in doubt", "nonsense in doubt"]);
});

test("ReplyMatcher does not wait for the rest of what began before it was asked for", async () => {
  for (const begun of ["V", "VALUE a 0 5\r\nab", "VA 5\r\nab", "STORE"]) {
    const lone = await new LoneConnection().open();
    await lone.receive(begun);
    assertEquals(lone.told, ["opened", "closed nonsense"], begun);
  }
});

test("ReplyMatcher takes what began before its line was complete for an answer", async () => {
  const lone = await new LoneConnection().open();
  const sink = lone.send("get a\r\n");
  await lone.turn();
  await lone.receive("VALUE a 0 1\r\n1\r\nEN");
  await lone.receive("D\r\n");
  assertEquals([sink.status, lone.told.at(-1)], ["Hit", "idle"]);
});

test("ReplyMatcher breaks off a large value that does not end with its line", async () => {
  const length = TEST_STREAM_BYTES + 1;
  for (const closing of ["VA", "\rV", "x\n", "\n\r"]) {
    const reply = `VALUE a 0 ${length}\r\n${"a".repeat(length)}${closing}`;
    for (const pieces of [[reply], [reply.slice(0, -1), reply.slice(-1)], [...reply]]) {
      const lone = await new LoneConnection().open();
      const sink = lone.send("get a\r\n");
      await lone.turn();
      for (const piece of pieces) await lone.receive(piece);
      assertEquals([sink.calls.at(-1), lone.told.at(-1)], ["broken", "closed nonsense"]);
    }
  }
});

/** Takes replies as lent. */
class LendingSink extends RecordingSink {
  readonly out = new OutputBuffer();

  override reply(reply: Reply): void {
    super.reply(reply);
    if (reply.loan === null) this.out.append(reply.bytes, reply.start, reply.end);
    else this.out.lend(reply.bytes, reply.start, reply.end, reply.loan);
  }
}

test("ReplyMatcher ends the loan of a chunk before the chunk may change", () => {
  const said = toBytes("VALUE a 0 3\r\n123\r\nEND\r\nVALUE b 0 3\r\n456\r\nEND\r\n");
  for (let cut = 0; cut <= said.length; cut++) {
    const queue = new ExchangeQueue();
    const owner = { answered: () => {}, largeBegins: () => {}, generation: 0 };
    const matcher = new ReplyMatcher(queue, owner, TEST_STREAM_BYTES);
    const sinks = ["a", "b"].map((key) => {
      const sink = new LendingSink();
      queue.push(parsedRequest(`get ${key}\r\n`), sink, null, false, 0);
      return sink;
    });
    queue.markWritten();
    for (const chunk of [said.slice(0, cut), said.slice(cut)]) {
      matcher.receive(chunk);
      chunk.fill(0x3f);
    }
    const texts = sinks.map((sink) => toText(sink.out.view()));
    assertEquals(texts, ["VALUE a 0 3\r\n123\r\n", "VALUE b 0 3\r\n456\r\n"], `cut at ${cut}`);
  }
});

test("ReplyMatcher gives everybody what is theirs, in whatever pieces it comes", () => {
  forSeeds(60, (random) => {
    const queue = new ExchangeQueue();
    const owner = { answered: () => {}, largeBegins: () => {}, generation: 0 };
    const matcher = new ReplyMatcher(queue, owner, 1 << 20);
    const asked = Array.from({ length: 30 }, (_, at) => {
      const value = `${at}`.repeat(random.below(random.pick([5, 200, 2000])));
      const text = random.chance(0.2) ? "" : `VALUE ${at} 0 ${value.length}\r\n${value}\r\n`;
      return { key: at, text, joined: at > 0 && random.chance(0.5), sink: new LendingSink() };
    });
    for (const { key, joined, sink } of asked) {
      queue.push(parsedRequest(`get ${key}\r\n`), sink, null, joined, 0);
    }
    queue.markWritten();
    let said = "";
    for (const { key, text, joined } of asked) {
      said += (joined || key === 0 ? "" : "END\r\n") + text;
    }
    said += "END\r\n";
    for (let at = 0; at < said.length;) {
      const count = 1 + random.below(random.pick([10, 500, 8000]));
      const chunk = toBytes(said.slice(at, at + count));
      assertEquals(matcher.receive(chunk), true);
      chunk.fill(0x3f);
      at += count;
    }
    const got = asked.map(({ sink }) => toText(sink.out.view()));
    assertEquals(got, asked.map(({ text }) => text === "" ? "END\r\n" : text));
  });
});

test("ReplyMatcher ends the loan of a chunk also when a sink throws", () => {
  const queue = new ExchangeQueue();
  const owner = { answered: () => {}, largeBegins: () => {}, generation: 0 };
  const matcher = new ReplyMatcher(queue, owner, TEST_STREAM_BYTES);
  const lending = new LendingSink();
  const throwing = new RecordingSink();
  throwing.reply = () => {
    throw new Error("a fault");
  };
  queue.push(parsedRequest("get a\r\n"), lending, null, false, 0);
  queue.push(parsedRequest("get b\r\n"), throwing, null, true, 0);
  queue.markWritten();
  const chunk = toBytes("VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n2\r\nEND\r\n");
  assertThrows(() => matcher.receive(chunk), Error, "a fault");
  chunk.fill(0x3f);
  assertEquals(toText(lending.out.view()), "VALUE a 0 1\r\n1\r\n");
});
