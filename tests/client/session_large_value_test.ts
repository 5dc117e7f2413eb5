import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Body } from "../../src/message/body.ts";
import { GET } from "../../src/message/command.ts";
import { hitOf } from "../support/fake_destination.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import type { Sink } from "../../src/route/route.ts";
import { LoneSession } from "./lone_session.ts";

const LENGTH = TEST_STREAM_BYTES + 6;
const VALUE = "v".repeat(LENGTH);
const HEAD = `VALUE k 0 ${LENGTH}\r\n`;
const LINE = `set k 0 0 ${LENGTH}\r\n`;

/** The beginning of a large reply; its bytes are lent. */
function begin(sink: Sink, length = LENGTH): void {
  const head = hitOf("v".repeat(length));
  head.end = head.valueStart;
  sink.begin(head);
  head.bytes.fill(0x3f);
}

function part(sink: Sink, text: string): void {
  const bytes = toBytes(text);
  sink.part(bytes, 0, bytes.length);
  bytes.fill(0x3f);
}

/** Takes what comes of a body. */
function taker(body: Body) {
  const taken = { text: "", aborted: false };
  body.attach({
    part: (bytes, start, end) => taken.text += toText(bytes, start, end),
    abort: () => taken.aborted = true,
  });
  return taken;
}

test("Session writes a large value as it comes", async () => {
  const session = new LoneSession();
  await session.send("get k j\r\nget i\r\n");
  const sink = session.take();
  begin(sink);
  part(sink, VALUE.slice(0, 10));
  assertEquals(await session.got(), HEAD + VALUE.slice(0, 10));
  session.hit("j", "J");
  session.answer("END");
  assertEquals(await session.got(), "");
  part(sink, `${VALUE.slice(10)}\r`);
  part(sink, "\n");
  sink.end(true);
  assertEquals(await session.got(), `${VALUE.slice(10)}\r\nVALUE j 0 1\r\nJ\r\nEND\r\nEND\r\n`);
  const { hits, misses } = session.counters;
  assertEquals([hits[GET.id], misses[GET.id]], [2, 1]);
});

test("Session holds a large value that comes before its turn", async () => {
  for (const endsFirst of [true, false]) {
    const session = new LoneSession();
    await session.send("get a\r\nget k\r\nget b\r\n");
    const sink = session.take(1);
    begin(sink);
    part(sink, VALUE.slice(0, 10));
    if (endsFirst) {
      part(sink, `${VALUE.slice(10)}\r\n`);
      sink.end(true);
    }
    session.answer("END", 1);
    assertEquals(await session.got(), "");
    session.answer("END");
    if (!endsFirst) {
      assertEquals(await session.got(), `END\r\n${HEAD}${VALUE.slice(0, 10)}`);
      part(sink, `${VALUE.slice(10)}\r\n`);
      sink.end(true);
      assertEquals(await session.got(), `${VALUE.slice(10)}\r\nEND\r\nEND\r\n`);
    } else {
      assertEquals(await session.got(), `END\r\n${HEAD}${VALUE}\r\nEND\r\nEND\r\n`);
    }
    assertEquals(session.budget.held, 0);
  }
});

test("Session is closed when a large value breaks off", async () => {
  const session = new LoneSession();
  await session.send("get k\r\n");
  const sink = session.take();
  begin(sink);
  part(sink, "vvv");
  sink.end(false);
  await session.turn();
  assertEquals([session.socket.isClosed, session.counters.clientsOpen], [true, 0]);
});

test("Session is backed up while much of a large value waits, and tells when it is not", async () => {
  const session = new LoneSession({ replyBytes: 4 << 20 });
  session.socket.holdWrites();
  await session.send("get k\r\n");
  const sink = session.take();
  begin(sink, 1 << 20);
  assertEquals(sink.backedUp, false);
  let drained = 0;
  sink.whenDrained(() => drained++);
  assertEquals(drained, 1);
  for (let at = 0; at < 5; at++) part(sink, "v".repeat(64 << 10));
  await session.turn();
  assertEquals(sink.backedUp, true);
  sink.whenDrained(() => drained++);
  assertEquals(drained, 1);
  session.socket.releaseWrites();
  await session.turn();
  assertEquals([sink.backedUp, drained], [false, 2]);
});

test("Session that is gone keeps nothing of a large value, and lets it come", async () => {
  for (const at of [0, 1]) {
    const session = new LoneSession({ replyBytes: 4 << 20 });
    await session.send("get j\r\nget k\r\n");
    const sink = session.take(at);
    begin(sink, 8 << 20);
    session.listener.close();
    let drained = false;
    for (let count = 0; count < 128; count++) part(sink, "v".repeat(64 << 10));
    sink.whenDrained(() => drained = true);
    sink.end(true);
    await session.turn();
    assertEquals([sink.backedUp, drained], [false, true]);
    assertEquals([session.counters.closedSlow, session.budget.held], [0, 0]);
  }
});

test("Session passes a large value on as it comes, and reads on behind it", async () => {
  const session = new LoneSession();
  await session.send(`get a\r\n${LINE}vv`);
  const body = session.server.waiting[1].request.body!;
  const taken = taker(body);
  await session.turn();
  await session.send(`${VALUE.slice(2)}\r`);
  await session.send("\nget b\r\n");
  session.answer("END", 2);
  session.answer("STORED", 1);
  session.answer("END");
  assertEquals(await session.got(), "END\r\nSTORED\r\nEND\r\n");
  assertEquals(taken.text.endsWith(`${VALUE.slice(2)}\r\n`), true);
});

test("Session does not read its client while a body is held", async () => {
  for (const sessionRequests of [1, 1000]) {
    const session = new LoneSession({ sessionRequests });
    await session.send(LINE);
    const body = session.server.waiting[0].request.body!;
    const taken = taker(body);
    body.hold();
    await session.send(VALUE.slice(0, 10));
    await session.send(VALUE.slice(10));
    assertEquals([taken.text, session.socket.unread], ["", 1]);
    body.release();
    await session.turn();
    assertEquals(taken.text, VALUE);
    await session.send("\r\n");
    assertEquals([taken.text, body.left], [`${VALUE}\r\n`, 0]);
  }
});

test("Session whose client goes away in the middle of a value aborts it", async () => {
  for (const how of ["end", "lose", "close"] as const) {
    const session = new LoneSession();
    await session.send(`${LINE}vv`);
    const taken = taker(session.server.waiting[0].request.body!);
    if (how === "end") session.socket.receiveEnd();
    if (how === "lose") session.socket.lose();
    if (how === "close") session.listener.close();
    await session.turn();
    assertEquals(taken.aborted, true, how);
    session.answer("ERROR");
    await session.turn();
    assertEquals([session.counters.clientsOpen, session.socket.isClosed], [0, true]);
  }
});

test("Session drains a value whose command it has taken", async () => {
  const session = new LoneSession();
  await session.send(`${LINE}vv`);
  const taken = taker(session.server.waiting[0].request.body!);
  const drained = session.listener.drain();
  await session.send(`${VALUE.slice(2)}\r\n`);
  assertEquals(taken.text, `${VALUE.slice(2)}\r\n`);
  session.answer("STORED");
  assertEquals(await session.got(), "STORED\r\n");
  session.socket.receiveEnd();
  await session.turn();
  await drained;
});
