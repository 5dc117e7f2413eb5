import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { LoneListener } from "./lone_session.ts";

const STALL_MS = 60_000;
const SWEEP_MS = 5000;

test("Listener turns away one client too many with a word, and takes the next one again", async () => {
  const lone = new LoneListener({ clients: 2 });
  const [first, , third] = [lone.connect(), lone.connect(), lone.connect()];
  await lone.turn();
  assertEquals(third.sent, "SERVER_ERROR OUT OF CONNECTION\r\n");
  third.receiveEnd();
  await lone.turn();
  assertEquals([third.isClosed, lone.counters.clientsRefused], [true, 1]);
  first.receiveEnd();
  await lone.turn();
  const fourth = lone.connect();
  fourth.receive("version\r\n");
  await lone.turn();
  assertEquals(fourth.sent, "VERSION 1.6.18 magent/9.9.9\r\n");
  assertEquals([lone.counters.clientsOpen, lone.counters.clientsTotal], [2, 3]);
});

test("Listener bounds how long it waits for a client that it turned away", async () => {
  const lone = new LoneListener({ clients: 0 });
  const silent = lone.connect();
  const gone = lone.connect();
  gone.lose();
  await lone.turn();
  assertEquals(silent.isClosed, false);
  await lone.pass(1000);
  assertEquals([silent.isClosed, gone.isClosed], [true, true]);
});

test("Listener closes clients that are idle, when it is told to", async () => {
  const lone = new LoneListener({ idleMs: 10_000 });
  const [idle, busy, waiting] = [lone.connect(), lone.connect(), lone.connect()];
  waiting.receive("get k\r\n");
  for (let round = 0; round < 5; round++) {
    busy.receive("version\r\n");
    await lone.turn();
    await lone.pass(2500);
  }
  assertEquals([idle.isClosed, busy.isClosed, waiting.isClosed], [true, false, false]);
  assertEquals([lone.counters.closedIdle, lone.counters.clientsOpen], [1, 2]);
});

test("Listener lets clients be idle for ever otherwise", async () => {
  const lone = new LoneListener();
  const idle = lone.connect();
  await lone.turn();
  for (let hour = 0; hour < 3; hour++) await lone.pass(3_600_000);
  assertEquals([idle.isClosed, lone.counters.closedIdle], [false, 0]);
});

test("Listener closes a client that takes nothing for too long", async () => {
  const lone = new LoneListener();
  const stuck = lone.connect();
  stuck.holdWrites();
  stuck.receive("version\r\n");
  await lone.turn();
  await lone.pass(STALL_MS - SWEEP_MS);
  assertEquals(stuck.isClosed, false);
  await lone.pass(SWEEP_MS);
  await lone.pass(SWEEP_MS);
  assertEquals([stuck.isClosed, lone.counters.closedSlow], [true, 1]);
});

test("Listener drains within its time, whatever its clients do", async () => {
  const lone = new LoneListener({ drainMs: 1000 });
  const owed = lone.connect();
  owed.receive("get k\r\n");
  await lone.turn();
  let drained = false;
  const draining = lone.listener.drain().then(() => drained = true);
  await lone.pass(999);
  assertEquals([drained, owed.isClosed], [false, false]);
  await lone.pass(1);
  lone.server.answer("END");
  await lone.turn();
  await draining;
  assertEquals([owed.isClosed, lone.counters.clientsOpen], [true, 0]);
  assertEquals(lone.clock.pending, 0);
});

test("Listener without clients drains at once, and stops looking at them", async () => {
  const lone = new LoneListener();
  await lone.listener.drain();
  assertEquals(lone.clock.pending, 0);
});

test("Listener closes all clients at once, and may be closed twice", async () => {
  const lone = new LoneListener();
  const sockets = [lone.connect(), lone.connect()];
  sockets[0].receive("get k\r\n");
  await lone.turn();
  lone.listener.close();
  lone.listener.close();
  await lone.turn();
  assertEquals(sockets.map(({ isClosed }) => isClosed), [true, true]);
  assertEquals([lone.counters.clientsOpen, lone.clock.pending], [0, 0]);
});
