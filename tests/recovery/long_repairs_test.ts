/** Repairs of values that are longer than those which share connections with others. */

import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { LoneBackend } from "../backend/lone_backend.ts";
import type { FakeSocket } from "../support/fake_socket.ts";
import { FETCHED, HELD_BYTES, LEASE, RepairsStage } from "./repairs_stage.ts";

const MIB = 1 << 20;
const VALUE = "0123456789abcdef".repeat(1.5 * MIB / 16);
const FOUND = found(VALUE);

function found(value: string): string {
  return `VA ${value.length} f9 t60 c2\r\n${value}\r\n`;
}

/** A key under its lease, whose value the copy is asked for. */
async function leased(...keys: string[]): Promise<RepairsStage> {
  const stage = await RepairsStage.connected();
  await stage.repair(...keys);
  await stage.answer(stage.main, keys.map((_, at) => `EN W c${at + 1}\r\n`).join(""));
  return stage;
}

/** Connections for long values, oldest first; what opened them is taken. */
function own({ network }: LoneBackend): FakeSocket[] {
  return network.sockets.slice(1);
}

/** Without what was asked when the connection was opened. */
function sentOn(socket: FakeSocket): string {
  return socket.takeSent().replace(/^version\r\nmn\r\n/, "");
}

/** Turns until all of a long value has left. */
async function passed(stage: RepairsStage, turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    stage.clock.advance(0);
    await stage.turn();
  }
}

/** Short for assertions: a difference of megabytes cannot be read. */
function isFill(sent: string, cas: number, value = VALUE): boolean {
  return sent === `ms k ${value.length} F9 T59 C${cas}\r\n${value}\r\n`;
}

test("Repairs send a long value over a connection of its own", async () => {
  const stage = await leased("k");
  await stage.answer(stage.copy, FOUND);
  await passed(stage);
  const [socket] = own(stage.main);
  assert(isFill(sentOn(socket), 1));
  assertEquals([stage.main.network.sockets[0].takeSent(), stage.held.bytes], ["", VALUE.length]);
  socket.receive("HD\r\n");
  await stage.turn();
  assertEquals([stage.ended, stage.counts], [["k known"], { filled: 1 }]);
  assertEquals(stage.held.bytes, 0);
});

test("Repairs do not end a long value at a server that is another process by then", async () => {
  const stage = await leased("k");
  await stage.answer(stage.copy, FOUND.slice(0, -2));
  const [shared] = stage.copy.network.sockets;
  const { main } = stage;
  main.network.welcome = "silent";
  shared.receive("\r\n");
  await passed(stage);
  main.backend.lives++;
  own(main)[0].receive("VERSION 1.6.18\r\n");
  await stage.turn();
  own(main)[0].receive("MN\r\n");
  await passed(stage);
  const sent = sentOn(own(main)[0]);
  assert(sent.length < VALUE.length, `${sent.length} bytes were sent`);
  assertEquals([stage.ended, stage.counts, stage.held.bytes], [["k unclear"], { failed: 1 }, 0]);
});

test("Repairs let values beyond their room wait, and ask for them apart when there is some", async () => {
  const stage = await leased("k", "l", "m");
  const { main, copy } = stage;
  assertEquals(copy.network.last.takeSent(), ["k", "l", "m"].map(FETCHED).join(""));
  copy.network.last.receive(FOUND + FOUND + FOUND);
  await passed(stage);
  // Two at a time, whatever room there is.
  assertEquals([stage.held.bytes, stage.held.waiting], [2 * VALUE.length, 1]);
  const [first, second] = own(main);
  first.receive("HD\r\n");
  await passed(stage);
  assertEquals(stage.ended, ["k known"]);
  // That of the last long value, which nobody else was waiting on.
  const [apart] = copy.network.sockets;
  assertEquals(sentOn(apart), FETCHED("m"));
  sentOn(first);
  apart.receive(FOUND);
  await passed(stage);
  assertEquals(sentOn(first).slice(0, 30), `ms m ${VALUE.length} F9 T59 C3\r\n`.padEnd(30, VALUE));
  second.receive("HD\r\n");
  first.receive("HD\r\n");
  await passed(stage);
  assertEquals([stage.counts, stage.held.bytes], [{ filled: 3 }, 0]);
  assertEquals({ ...stage.held.counters }, { waited: 1, crowded: 0 });
});

test("Repairs give up a lease that is old when there is room", async () => {
  const stage = await leased("k", "l");
  stage.held.take(HELD_BYTES);
  stage.copy.network.last.receive(FOUND + FOUND);
  await stage.turn();
  stage.main.network.last.takeSent();
  stage.nowS += 16;
  stage.held.give(HELD_BYTES);
  await stage.turn();
  assertEquals(await stage.answer(stage.main, "HD\r\nHD\r\n"), "md k C1\r\nmd l C2\r\n");
  assertEquals([stage.counts, stage.held.bytes], [{ failed: 2 }, 0]);
});

test("Repairs leave a value to its copy that never finds room", async () => {
  const stage = await leased("k");
  await stage.answer(stage.copy, found("v".repeat(2 * HELD_BYTES + 1)));
  assertEquals(await stage.answer(stage.main, "HD\r\n"), "md k C1\r\n");
  assertEquals([stage.ended, stage.counts], [["k clean"], { large: 1 }]);
  assertEquals([stage.lacked, stage.held.waiting], [["k"], 0]);
});

test("Repairs note a value in parts that the server does not take, or whose lease is over", async () => {
  for (
    const [answer, count] of [
      ["SERVER_ERROR object too large for cache\r\n", "refused"],
      ["NF\r\n", "overtaken"],
    ]
  ) {
    const stage = await leased("k");
    await stage.answer(stage.copy, FOUND);
    await passed(stage);
    own(stage.main)[0].receive(answer);
    await stage.turn();
    assertEquals([stage.ended, stage.counts], [["k unclear"], { [count]: 1 }]);
    assertEquals([stage.lacked, stage.held.bytes], [["k"], 0]);
  }
});

test("Repairs ask apart from the first for what is known to be long", async () => {
  const stage = await RepairsStage.connected();
  stage.long = true;
  await stage.repair("k");
  assertEquals(await stage.answer(stage.main, "EN W c1\r\n"), LEASE("k"));
  await stage.turn();
  assertEquals(stage.copy.network.sockets[0].takeSent(), "");
  assertEquals(sentOn(own(stage.copy)[0]), FETCHED("k"));
  own(stage.copy)[0].receive(FOUND);
  await passed(stage);
  assert(isFill(sentOn(own(stage.main)[0]), 1));
});
