import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { LoneSession } from "./lone_session.ts";

/** More than this waits before a client is not read any more, bytes. */
const PAUSE_BYTES = 256 << 10;
const VALUE = "v".repeat(64 << 10);

function gets(count: number): string {
  return "get k\r\n".repeat(count);
}

test("Session has no more requests under way than it may", async () => {
  const session = new LoneSession({ sessionRequests: 4 });
  await session.send(gets(10));
  assertEquals(session.server.waiting.length, 4);
  for (let answered = 0; answered < 10; answered++) {
    session.answer("END");
    await session.turn();
    assert(session.server.waiting.length <= 4);
  }
  assertEquals([session.server.received.length, await session.got()], [10, "END\r\n".repeat(10)]);
});

test("Session goes on with any number of requests, also with one at a time", async () => {
  for (const sessionRequests of [1, 2, 3]) {
    const session = new LoneSession({ sessionRequests });
    await session.send(gets(7));
    while (session.server.waiting.length > 0) {
      session.answer("END");
      await session.turn();
    }
    assertEquals(await session.got(), "END\r\n".repeat(7));
  }
});

test("Session does not read a client that does not take its replies, until it does", async () => {
  const session = new LoneSession();
  session.socket.holdWrites();
  await session.send(gets(6));
  while (session.server.waiting.length > 0) session.hit("k", VALUE);
  await session.turn();
  await session.send(gets(1));
  await session.send(gets(1));
  assertEquals(session.server.waiting.length, 0);
  assertEquals([session.counters.clientsPaused, session.socket.unread > 0], [1, true]);
  session.socket.releaseWrites();
  await session.turn();
  assertEquals(session.server.waiting.length, 2);
  assertEquals(session.socket.sent.length > 6 * VALUE.length, true);
  assertEquals(session.socket.isClosed, false);
});

test("Session keeps to its limit of requests after a pause", async () => {
  const session = new LoneSession({ sessionRequests: 6 });
  session.socket.holdWrites();
  await session.send(gets(5));
  while (session.server.waiting.length > 0) session.hit("k", VALUE);
  await session.turn();
  session.socket.releaseWrites();
  await session.turn();
  await session.send(gets(20));
  assertEquals(session.server.waiting.length, 6);
});

test("Session is closed when more than replyBytes waits for its client", async () => {
  const session = new LoneSession({ replyBytes: 10 * VALUE.length });
  session.socket.holdWrites();
  await session.send(gets(20));
  for (let at = 0; at < 20; at++) {
    session.hit("k", VALUE);
    if (at === 0) await session.turn();
  }
  await session.turn();
  assertEquals([session.socket.isClosed, session.counters.closedSlow], [true, 1]);
  assertEquals([session.counters.clientsOpen, session.budget.held], [0, 0]);
});

test("Session is closed also when what waits is held for replies that are not there yet", async () => {
  const session = new LoneSession({ replyBytes: 10 * VALUE.length });
  await session.send(gets(20));
  for (let at = 0; at < 11; at++) session.hit("k", VALUE, 1);
  await session.turn();
  assertEquals([session.socket.isClosed, session.counters.closedSlow], [true, 1]);
});

test("Session tells the budget of all sessions what it holds, and no more when it is gone", async () => {
  const session = new LoneSession();
  session.socket.holdWrites();
  await session.send(gets(9));
  for (let at = 0; at < 5; at++) session.hit("k", VALUE);
  await session.turn();
  assert(session.budget.held > PAUSE_BYTES);
  session.socket.lose();
  await session.turn();
  while (session.server.waiting.length > 0) {
    session.hit("k", VALUE, session.server.waiting.length - 1);
  }
  await session.turn();
  assertEquals([session.budget.held, session.counters.clientsOpen], [0, 0]);
});

test("Session gives back to the budget what its client has taken", async () => {
  const session = new LoneSession();
  session.socket.holdWrites();
  await session.send(gets(6));
  while (session.server.waiting.length > 0) session.hit("k", VALUE);
  await session.turn();
  assert(session.budget.held > PAUSE_BYTES);
  session.socket.releaseWrites();
  await session.turn();
  assertEquals(session.budget.held, 0);
});

test("Session is closed when all sessions together hold too much", async () => {
  const session = new LoneSession({ bufferBytes: 6 * VALUE.length });
  session.socket.holdWrites();
  await session.send(gets(9));
  for (let at = 0; at < 8; at++) session.hit("k", VALUE);
  await session.turn();
  assertEquals([session.socket.isClosed, session.counters.closedBuffers], [true, 1]);
  assertEquals(session.budget.held, 0);
});
