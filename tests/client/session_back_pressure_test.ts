/** Who is told to wait while a client takes its replies, and who must not be. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { hitOf } from "../support/fake_destination.ts";
import type { Sink } from "../../src/route/route.ts";
import { LoneSession } from "./lone_session.ts";

/** More than a session lets wait before it asks for a pause. */
const LENGTH = 300_000;
const DATA = new Uint8Array(LENGTH + 2).fill(0x76);

function begin(sink: Sink): void {
  const head = hitOf("v".repeat(LENGTH));
  head.end = head.valueStart;
  sink.begin(head);
}

test("Session does not stop the value whose turn it is for those behind it", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nget b\r\n");
  const [first, second] = [session.take(), session.take()];
  begin(second);
  second.part(DATA, 0, DATA.length);
  second.end(true);
  begin(first);
  first.part(DATA, 0, 1000);
  await session.turn();
  assertEquals(first.backedUp, false);
  let drained = 0;
  first.whenDrained(() => drained++);
  assertEquals(drained, 1);
  first.part(DATA, 1000, DATA.length);
  first.end(true);
  assertEquals((await session.got()).length > 2 * LENGTH, true);
  assertEquals(session.budget.held, 0);
});

test("Session stops a value that comes before its turn, and lets it go on in its turn", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nget b\r\nget c\r\n");
  const [first, second, third] = [session.take(), session.take(), session.take()];
  begin(third);
  third.part(DATA, 0, DATA.length);
  third.end(true);
  begin(second);
  second.part(DATA, 0, 1000);
  assertEquals(second.backedUp, true);
  let drained = 0;
  second.whenDrained(() => drained++);
  await session.turn();
  assertEquals(drained, 0);
  first.reply(hitOf("1"));
  await session.turn();
  assertEquals([second.backedUp, drained], [false, 1]);
});

test("Session stops the value whose turn it is while the client does not read", async () => {
  const session = new LoneSession();
  await session.send("get a\r\n");
  const sink = session.take();
  session.socket.holdWrites();
  begin(sink);
  sink.part(DATA, 0, 1000);
  await session.turn();
  sink.part(DATA, 1000, DATA.length);
  await session.turn();
  assertEquals(sink.backedUp, true);
  let drained = 0;
  sink.whenDrained(() => drained++);
  assertEquals(drained, 0);
  session.socket.releaseWrites();
  await session.turn();
  assertEquals([sink.backedUp, drained], [false, 1]);
});
