import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { LoneSession } from "./lone_session.ts";

test("Session that is told to quit answers what came before, and nothing after", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nquit\r\nget b\r\n");
  assertEquals(session.server.received, ["get a\r\n"]);
  session.answer("END");
  assertEquals(await session.got(), "END\r\n");
  assertEquals([session.socket.isEnded, session.server.received.length], [true, 1]);
  session.socket.receiveEnd();
  await session.turn();
  assertEquals([session.socket.isClosed, session.counters.clientsOpen], [true, 0]);
});

test("Session lingers for a bounded time after its last reply", async () => {
  const session = new LoneSession();
  await session.send("quit\r\n");
  assertEquals([session.socket.isEnded, session.socket.isClosed], [true, false]);
  await session.send("this is read and dropped\r\n");
  assertEquals(session.socket.unread, 0);
  await session.pass(1000);
  assertEquals(session.socket.isClosed, true);
});

test("Session answers a client that has shut down its side", async () => {
  const session = new LoneSession();
  session.socket.receive("get a\r\nget b\r\n");
  session.socket.receiveEnd();
  await session.turn();
  session.answer("END", 1);
  await session.turn();
  assertEquals(session.socket.isClosed, false);
  session.answer("END");
  assertEquals(await session.got(), "END\r\nEND\r\n");
  assertEquals(session.socket.isClosed, true);
});

test("Session of a client that is gone is closed, and late replies do no harm", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nget b\r\n");
  session.socket.lose();
  await session.turn();
  assertEquals(session.counters.clientsOpen, 1);
  session.answer("END");
  session.hit("b", "B");
  await session.turn();
  assertEquals([session.counters.clientsOpen, session.socket.sent], [0, ""]);
});

test("Session closes after a line without end", async () => {
  const session = new LoneSession();
  await session.send("get a\r\n");
  await session.send("x".repeat(3000));
  session.answer("END");
  assertEquals(await session.got(), "END\r\n");
  assertEquals([session.socket.isEnded, session.counters.closedLine], [true, 1]);
});

test("Session names a get line that is too long, in its place, and closes", async () => {
  const session = new LoneSession({ getLineBytes: 4096 });
  await session.send("set k 0 0 1 noreply\r\nv\r\n");
  await session.send(`get ${"k ".repeat(3000)}`);
  session.answer("STORED");
  assertEquals(await session.got(), "CLIENT_ERROR line too long\r\n");
  assertEquals(session.socket.isEnded, true);
});

test("Session that drains answers what is under way and takes no more", async () => {
  const session = new LoneSession();
  await session.send("get a\r\n");
  const drained = session.listener.drain();
  await session.send("get b\r\n");
  assertEquals(session.server.received, ["get a\r\n"]);
  session.answer("END");
  assertEquals(await session.got(), "END\r\n");
  session.socket.receiveEnd();
  await session.turn();
  await drained;
  assertEquals(session.socket.isClosed, true);
});

test("Session that is idle drains at once", async () => {
  const session = new LoneSession();
  await session.listener.drain();
  assertEquals([session.socket.isClosed, session.counters.clientsOpen], [true, 0]);
});
