import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Body } from "../../src/message/body.ts";
import { toBytes } from "../support/latin1.ts";
import { LoneConnection, REQUEST_TIMEOUT_MS } from "./lone_connection.ts";

const VALUE = "v".repeat(98);
const LINE = `set k 0 0 ${VALUE.length}\r\n`;
const HIGH_BYTES = 1 << 20;

function push(body: Body, text: string): void {
  const bytes = toBytes(text);
  body.push(bytes, 0, bytes.length);
  bytes.fill(0x3f);
}

test("Connection passes a large value on as it comes", async () => {
  const lone = await new LoneConnection().open();
  const { sink, request } = lone.sendBody(LINE);
  assertEquals(lone.connection.quiet, false);
  push(request.body!, VALUE.slice(0, 50));
  assertEquals(await lone.received(), LINE + VALUE.slice(0, 50));
  push(request.body!, `${VALUE.slice(50)}\r\n`);
  assertEquals(await lone.received(), `${VALUE.slice(50)}\r\n`);
  assertEquals([sink.answered, lone.connection.quiet], [false, false]);
  await lone.receive("STORED\r\n");
  assertEquals([sink.status, lone.connection.quiet], ["Stored", true]);
  assertEquals(lone.told, ["opened", "idle"]);
});

test("Connection holds a body while too much waits to be written", async () => {
  const lone = await new LoneConnection({ bytesMax: 64 << 20 }).open();
  const length = 3 * HIGH_BYTES;
  const { request } = lone.sendBody(`set k 0 0 ${length}\r\n`);
  const body = request.body!;
  lone.socket.holdWrites();
  push(body, "x".repeat(HIGH_BYTES));
  assertEquals(body.held, true);
  await lone.turn();
  assertEquals(body.held, true);
  lone.socket.releaseWrites();
  await lone.turn();
  assertEquals(body.held, false);
  push(body, "x".repeat(2 * HIGH_BYTES));
  push(body, "\r\n");
  assertEquals(body.held, false);
});

test("Connection gives up a value whose client went away", async () => {
  const lone = await new LoneConnection().open();
  const { sink, request } = lone.sendBody(LINE);
  push(request.body!, "vv");
  await lone.turn();
  request.body!.abort();
  assertEquals([sink.failure, lone.connection.state], ["shutdown in doubt", "closed"]);
  assertEquals(lone.socket.isClosed, true);
});

test("Connection gives up at once when the client went away before", async () => {
  const lone = await new LoneConnection().open();
  const body = new Body(100);
  body.abort();
  const aborted: string[] = [];
  body.attach({ part: () => {}, abort: () => aborted.push("abort") });
  assertEquals([aborted, lone.connection.state], [["abort"], "open"]);
});

test("Connection that is lost lets go of the body", async () => {
  const lone = await new LoneConnection({ bytesMax: 64 << 20 }).open();
  const { sink, request } = lone.sendBody(`set k 0 0 ${2 * HIGH_BYTES}\r\n`);
  lone.socket.holdWrites();
  push(request.body!, "x".repeat(HIGH_BYTES + 1));
  assertEquals(request.body!.held, true);
  lone.socket.lose();
  await lone.turn();
  assertEquals([sink.failure, request.body!.held], ["connection lost in doubt", false]);
  push(request.body!, "nobody takes this");
});

test("Connection that refuses a large value takes nothing of it", async () => {
  const lone = await new LoneConnection({ requestsMax: 1 }).open();
  lone.send("get a\r\n");
  const { sink, request } = lone.sendBody(`set k 0 0 ${4 * HIGH_BYTES}\r\n`);
  assertEquals(sink.failure, "overload");
  push(request.body!, "x".repeat(2 * HIGH_BYTES));
  assertEquals(request.body!.held, false);
  assertEquals(await lone.received(), "get a\r\n");
});

test("Connection sends nothing of a value whose command its server does not know", async () => {
  for (const early of [true, false]) {
    const lone = new LoneConnection({}, "no meta");
    if (!early) await lone.open();
    const { sink, request } = lone.sendBody(`ms k ${VALUE.length} T0\r\n`);
    assertEquals(request.body!.held, early);
    if (early) await lone.open();
    push(request.body!, `${VALUE}\r\n`);
    assertEquals(await lone.received(), "");
    assertEquals([sink.status, request.body!.held], ["Refused", false]);
    assertEquals([lone.connection.quiet, lone.told], [true, ["opened", "idle"]]);
  }
});

test("Connection waits for a slow client as long as it takes", async () => {
  const lone = await new LoneConnection().open();
  const { sink, request } = lone.sendBody(LINE);
  for (const byte of `${VALUE}\r\n`) {
    lone.clock.advance(REQUEST_TIMEOUT_MS * 0.7);
    push(request.body!, byte);
    await lone.turn();
  }
  lone.clock.advance(REQUEST_TIMEOUT_MS - 1);
  assertEquals([lone.connection.state, sink.answered], ["open", false]);
  lone.clock.advance(1);
  assertEquals(sink.failure, "request timeout in doubt");
});

test("Connection does not wait for a server that takes no more of a value", async () => {
  const lone = await new LoneConnection().open();
  const { sink, request } = lone.sendBody(LINE);
  await lone.turn();
  lone.socket.holdWrites();
  for (let part = 0; part < 3; part++) {
    push(request.body!, "v");
    await lone.turn();
    lone.clock.advance(REQUEST_TIMEOUT_MS * 0.4);
  }
  assertEquals(sink.failure, "request timeout in doubt");
});

test("Connection takes an early answer, and the rest of the value still leaves", async () => {
  const lone = await new LoneConnection().open();
  const { sink, request } = lone.sendBody(LINE);
  push(request.body!, "vv");
  await lone.turn();
  await lone.receive("SERVER_ERROR object too large for cache\r\n");
  assertEquals([sink.status, lone.connection.quiet], ["ServerError", false]);
  push(request.body!, `${VALUE.slice(2)}\r\n`);
  assertEquals(await lone.received(), `${LINE}${VALUE}\r\n`);
  assertEquals([lone.connection.quiet, lone.told.at(-1)], [true, "idle"]);
});
