/** A server that has lost count is found out before anybody gets what belongs to another. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
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
