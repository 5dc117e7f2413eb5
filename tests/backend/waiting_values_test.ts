/** Large values for which no connection is free. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { parsedRequest, TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { WaitingValues } from "../../src/backend/waiting_values.ts";
import { LoneBackend, REQUEST_TIMEOUT_MS } from "./lone_backend.ts";

const VALUE = "v".repeat(TEST_STREAM_BYTES + 1);
const BLOCK = `0 0 ${VALUE.length}\r\n${VALUE}\r\n`;
/** The shared connection is one of them: one is left for large values. */
const TWO = { connections: 1, connectionsMax: 2 };

/** A backend on whose only connection for large values `set busy` is under way. */
async function occupied(): Promise<LoneBackend> {
  const lone = new LoneBackend(TWO);
  await lone.exchange();
  lone.network.last.takeSent();
  lone.send(`set busy ${BLOCK}`);
  await lone.turn();
  await lone.turn();
  lone.network.last.takeSent();
  return lone;
}

function keysOf(sent: string): string[] {
  return [...sent.matchAll(/set (\w+) /g)].map(([, key]) => key);
}

test("Backend gives a connection that is free to large values in the order in which they came", async () => {
  const lone = await occupied();
  const sinks = ["a", "b"].map((key) => lone.send(`set ${key} ${BLOCK}`));
  const own = lone.network.last;
  own.receive("STORED\r\n");
  await lone.turn();
  // One that comes now is behind those that wait.
  sinks.push(lone.send(`set c ${BLOCK}`));
  const sent: string[] = [];
  for (let round = 0; round < 3; round++) {
    await lone.turn();
    sent.push(...keysOf(own.takeSent()));
    own.receive("STORED\r\n");
    await lone.turn();
  }
  assertEquals(sent, ["a", "b", "c"]);
  assertEquals(sinks.map(({ status }) => status), ["Stored", "Stored", "Stored"]);
  assertEquals(lone.network.sockets.length, 2);
});

test("Backend refuses a large value when nobody got on for a request timeout", async () => {
  const lone = await occupied();
  const first = lone.send(`set a ${BLOCK}`);
  await lone.pass(REQUEST_TIMEOUT_MS / 2);
  const second = lone.send(`set b ${BLOCK}`);
  await lone.pass(REQUEST_TIMEOUT_MS / 2 - 1);
  assertEquals([first.failure, second.failure], [null, null]);
  await lone.pass(1);
  assertEquals([first.failure, second.failure], ["overload", null]);
});

test("Backend does not refuse a large value while others get on", async () => {
  const lone = await occupied();
  const own = lone.network.last;
  const sinks = ["a", "b", "c"].map((key) => lone.send(`set ${key} ${BLOCK}`));
  for (let round = 0; round < 4; round++) {
    await lone.pass(REQUEST_TIMEOUT_MS - 100);
    own.receive("STORED\r\n");
    await lone.turn();
    await lone.turn();
  }
  assertEquals(sinks.map(({ status }) => status), ["Stored", "Stored", "Stored"]);
});

test("WaitingValues takes no more than it may, and answers nobody by itself", () => {
  const refused: string[] = [];
  const waiting = new WaitingValues({
    clock: new FakeClock(),
    most: 2,
    timeoutMs: 10,
    expired: () => refused.push("expired"),
  });
  const push = () => waiting.push(parsedRequest(`set k ${BLOCK}`), new RecordingSink(), null);
  assertEquals([push(), push(), push()].map((value) => value !== null), [true, true, false]);
  assertEquals([waiting.takeAll().length, waiting.size, refused.length], [2, 0, 0]);
});

test("Backend refuses large values that wait when it is ejected, and when it is closed", async () => {
  const lone = await occupied();
  const waiting = lone.send(`set a ${BLOCK}`);
  lone.network.welcome = "refused";
  for (const socket of lone.network.sockets) socket.lose();
  await lone.turn();
  await lone.turn();
  assertEquals(waiting.answered, true);

  const closing = await occupied();
  const late = closing.send(`set a ${BLOCK}`);
  closing.backend.close();
  assertEquals(late.failure, "shutdown");
});

test("Backend gives a large value that waits a new connection when the busy one is lost", async () => {
  const lone = await occupied();
  const waiting = lone.send(`set a ${BLOCK}`);
  lone.network.last.lose();
  await lone.turn();
  await lone.turn();
  assertEquals(keysOf(lone.network.last.takeSent()), ["a"]);
  lone.network.last.receive("STORED\r\n");
  await lone.turn();
  assertEquals(waiting.status, "Stored");
});

test("Backend forgets a large value whose client has left while it waited", async () => {
  const lone = await occupied();
  const request = parsedRequest(`set gone ${BLOCK}`);
  const sink = new RecordingSink();
  lone.backend.sendOr(request, sink, null);
  request.body!.abort();
  const next = lone.send(`set next ${BLOCK}`);
  lone.network.last.receive("STORED\r\n");
  for (let turn = 0; turn < 4; turn++) await lone.turn();
  assertEquals(keysOf(lone.network.last.takeSent()), ["next"]);
  lone.network.last.receive("STORED\r\n");
  await lone.turn();
  assertEquals([sink.answered, next.status], [true, "Stored"]);
});

test("SentBefore waits for large values that are in line", async () => {
  const lone = await occupied();
  const own = lone.network.last;
  lone.send(`set a ${BLOCK}`);
  const before = lone.backend.sentBefore();
  assertEquals(before.look(), false);
  own.receive("STORED\r\n");
  for (let turn = 0; turn < 3; turn++) await lone.turn();
  assertEquals(before.look(), false);
  own.receive("STORED\r\n");
  await lone.turn();
  assertEquals(before.look(), true);
});
