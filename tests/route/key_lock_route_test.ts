import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Body } from "../../src/message/body.ts";
import { KeyLockRoute } from "../../src/route/key_lock_route.ts";
import { Pool } from "../../src/route/pool.ts";
import { PoolRoute } from "../../src/route/pool_route.ts";
import { FakeDestination } from "../support/fake_destination.ts";
import { parsedRequest, TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";

const LENGTH = TEST_STREAM_BYTES + 1;

function large(key: string, flags = 0): string {
  return `set ${key} ${flags} 0 ${LENGTH}\r\n`;
}

function locked() {
  const server = new FakeDestination("server");
  const route = new KeyLockRoute(new PoolRoute(new Pool([server], { owner: () => 0 })));
  function send(text: string): { sink: RecordingSink; body: Body | null } {
    const sink = new RecordingSink();
    const request = parsedRequest(text);
    route.send(request, sink);
    request.bytes.fill(0x3f);
    return { sink, body: request.body };
  }
  return { server, send };
}

/** The client has sent all of its value. */
function finish(body: Body): void {
  body.push(new Uint8Array(body.left), 0, body.left);
}

test("KeyLockRoute lets reads pass a value that is still being sent, unless a change waits", () => {
  const { server, send } = locked();
  const { body } = send(large("k"));
  send("get k\r\n");
  assertEquals(server.received, [large("k"), "get k\r\n"]);
  send("delete k\r\n");
  send("get k\r\n");
  assertEquals(server.received.length, 2);
  finish(body!);
  server.answer("STORED");
  assertEquals(server.received.slice(2), ["delete k\r\n", "get k\r\n"]);
});

test("KeyLockRoute passes everything on while no large value is under way", () => {
  const { server, send } = locked();
  const lines = ["get k\r\n", "set k 0 0 1\r\nv\r\n", "get k\r\n", "flush_all\r\n"];
  for (const line of lines) send(line);
  assertEquals(server.received, lines);
});

test("KeyLockRoute lets later requests of the key wait for a large value, in their order", () => {
  const { server, send } = locked();
  const { sink, body } = send(large("k"));
  finish(body!);
  const later = ["get k\r\n", "append k 0 0 1\r\nX\r\n", "get k\r\n"].map(send);
  send("get other\r\n");
  send("verbosity 1\r\n");
  assertEquals(server.received, [large("k"), "get other\r\n", "verbosity 1\r\n"]);
  server.answer("STORED");
  assertEquals(sink.status, "Stored");
  assertEquals(server.received.slice(3), ["get k\r\n", "append k 0 0 1\r\nX\r\n", "get k\r\n"]);
  for (let count = 0; count < 5; count++) server.answer("OK");
  for (const { sink } of later) assertEquals(sink.status, "Ok");
});

test("KeyLockRoute holds a second large value of the key, and what is behind it", () => {
  const { server, send } = locked();
  const first = send(large("k", 1));
  finish(first.body!);
  send("get k\r\n");
  const second = send(large("k", 2));
  send("delete k\r\n");
  const other = send(large("other"));
  assertEquals([first.body!.held, second.body!.held, other.body!.held], [false, true, false]);
  assertEquals(server.received, [large("k", 1), large("other")]);

  server.answer("STORED");
  assertEquals(server.received.slice(2), ["get k\r\n", large("k", 2)]);
  assertEquals(second.body!.held, false);
  server.answer("STORED");
  server.answer("END");
  server.answer("STORED");
  assertEquals(server.received.at(-1), "delete k\r\n");
  assertEquals(second.sink.status, "Stored");
});

test("KeyLockRoute lets the next ones pass when a large value fails, at once or later", () => {
  const { server, send } = locked();
  const first = send(large("k"));
  send("get k\r\n");
  server.fail();
  assertEquals(first.sink.failure, "connection lost in doubt");
  assertEquals(server.received.at(-1), "get k\r\n");

  server.usable = false;
  assertEquals(send(large("k")).sink.failure, "ejected");
  server.usable = true;
  send("delete k\r\n");
  assertEquals(server.received.at(-1), "delete k\r\n");
});
