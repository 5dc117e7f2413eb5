import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { parsedRequest, TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { LoneBackend } from "./lone_backend.ts";

const VALUE = "v".repeat(TEST_STREAM_BYTES + 1);
const BLOCK = `0 0 ${VALUE.length}\r\n${VALUE}\r\n`;
const HUGE = 2 << 20;

async function connected(): Promise<LoneBackend> {
  const lone = new LoneBackend();
  await lone.exchange();
  lone.network.last.takeSent();
  return lone;
}

/** The key of the set that was sent; empty when there was none. */
function keyOf(sent: string): string {
  return /set (\w+) /.exec(sent)?.[1] ?? "";
}

test("Backend sends a large value over a connection of its own, and uses that again", async () => {
  const lone = await connected();
  for (let round = 0; round < 3; round++) {
    const sink = lone.send(`set k ${BLOCK}`);
    await lone.turn();
    const small = lone.send("get other\r\n");
    await lone.turn();
    const [shared, own] = lone.network.sockets;
    assertEquals(shared.takeSent(), "get other\r\n");
    assertEquals(own.takeSent().endsWith(`set k ${BLOCK}`), true);
    shared.receive("END\r\n");
    own.receive("STORED\r\n");
    await lone.turn();
    assertEquals([sink.status, small.status], ["Stored", "Miss"]);
  }
  assertEquals(lone.network.sockets.length, 2);
});

test("Backend sends a large value after all that its key's connection owes", async () => {
  const lone = await connected();
  lone.send("incr k 1\r\n");
  const sink = lone.send(`set k ${BLOCK}`);
  await lone.turn();
  const [shared] = lone.network.sockets;
  assertEquals([shared.takeSent(), lone.network.sockets.length], ["incr k 1\r\nversion\r\n", 1]);
  shared.receive("5\r\n");
  await lone.turn();
  assertEquals(lone.network.sockets.length, 1);
  shared.receive("VERSION 1.6.18\r\n");
  await lone.turn();
  await lone.turn();
  assertEquals(lone.network.last.sent.endsWith(`set k ${BLOCK}`), true);
  lone.network.last.receive("STORED\r\n");
  await lone.turn();
  assertEquals(sink.status, "Stored");
});

test("Backend lets large values beyond its connections wait, and closes what it has too many", async () => {
  const lone = await connected();
  const sinks = ["a", "b", "c", "d"].map((key) => lone.send(`set ${key} ${BLOCK}`));
  await lone.turn();
  await lone.turn();
  const own = lone.network.sockets.slice(1);
  assertEquals(own.map((socket) => keyOf(socket.takeSent())), ["a", "b", "c"]);
  own[1].receive("STORED\r\n");
  await lone.turn();
  assertEquals(own.map((socket) => keyOf(socket.takeSent())), ["", "d", ""]);
  assertEquals(sinks.map(({ status }) => status), ["", "Stored", "", ""]);
  for (const socket of own) socket.receive("STORED\r\n");
  await lone.turn();
  assertEquals(sinks.map(({ status }) => status), ["Stored", "Stored", "Stored", "Stored"]);
  assertEquals(lone.network.sockets.map(({ isClosed }) => isClosed), [false, false, false, true]);
});

test("Backend answers a large value with the failure when it is ejected meanwhile", async () => {
  const lone = await connected();
  lone.send("get k\r\n");
  const waiting = lone.send(`set k ${BLOCK}`);
  lone.network.welcome = "refused";
  lone.network.last.lose();
  await lone.turn();
  await lone.turn();
  assertEquals(waiting.answered, true);
  assertEquals(lone.send(`set k ${BLOCK}`).failure, "ejected");
});

test("Backend gives other requests a new connection while a huge value comes", async () => {
  const lone = await connected();
  const huge = lone.send("get k\r\n");
  await lone.turn();
  const [first] = lone.network.sockets;
  first.receive(`VALUE k 0 ${HUGE}\r\nxx`);
  await lone.turn();
  const other = lone.send("get other\r\n");
  await lone.turn();
  await lone.turn();
  assertEquals(lone.network.sockets.length, 2);
  lone.network.last.receive("END\r\n");
  first.receive(`${"x".repeat(HUGE - 2)}\r\nEND\r\n`);
  await lone.turn();
  assertEquals([huge.calls.at(-1), other.status], ["end", "Miss"]);
});

test("Backend that is lost with a huge value on its only connection reconnects", async () => {
  const lone = await connected();
  const huge = lone.send("get k\r\n");
  await lone.turn();
  const [first] = lone.network.sockets;
  first.receive(`VALUE k 0 ${HUGE}\r\nxx`);
  await lone.turn();
  first.lose();
  await lone.turn();
  await lone.turn();
  assertEquals([huge.calls.at(-1), lone.backend.usable], ["broken", true]);
  // Else reads went to the backup until a change happened to come.
  assertEquals([lone.backend.readable, lone.backend.poolSize], [true, 1]);
});

test("Backend asks what is asked apart over a connection of its own, behind the key's changes", async () => {
  const lone = await connected();
  lone.send("incr k 1\r\n");
  const sink = new RecordingSink();
  const request = parsedRequest("get k\r\n");
  request.apart = true;
  lone.backend.sendOr(request, sink, null);
  await lone.turn();
  const [shared] = lone.network.sockets;
  assertEquals([shared.takeSent(), lone.network.sockets.length], ["incr k 1\r\nversion\r\n", 1]);
  shared.receive("5\r\nVERSION 1.6.18\r\n");
  await lone.turn();
  await lone.turn();
  assertEquals(lone.network.last.sent.endsWith("get k\r\n"), true);
  lone.network.last.receive(`VALUE k 0 ${VALUE.length}\r\n${VALUE}\r\nEND\r\n`);
  await lone.turn();
  assertEquals([sink.calls.at(-1), shared.takeSent()], ["end", ""]);
});

test("Backend has learned nothing new when it closes connections that it has too many", async () => {
  const lone = await connected();
  const { epoch } = lone.backend;
  for (const key of ["a", "b", "c"]) lone.send(`set ${key} ${BLOCK}`);
  await lone.turn();
  await lone.turn();
  const own = lone.network.sockets.slice(1);
  for (const socket of own) socket.receive("STORED\r\n");
  await lone.turn();
  assertEquals([own.filter(({ isClosed }) => isClosed).length, lone.backend.epoch - epoch], [1, 0]);
  own.find(({ isClosed }) => !isClosed)!.lose();
  await lone.turn();
  lone.backend.lives++;
  assertEquals(lone.backend.epoch - epoch, 2);
});
