import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { type ConnectionHost, EmbeddedConnection } from "../../src/embedded/embedded_connection.ts";
import { ItemStore } from "../../src/embedded/item_store.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeSocket } from "../support/fake_socket.ts";

/** A server whose reports are broken. */
const HOST: ConnectionHost = {
  clock: new FakeClock(),
  store: new ItemStore(64 << 20, () => 0),
  version: "1.6.18 test",
  report: () => {
    throw new Error("no report");
  },
};

test("EmbeddedConnection answers what came before its client left", async () => {
  const socket = new FakeSocket();
  socket.receive("set k 0 0 1\r\na\r\nget k\r\nge");
  socket.receiveEnd();
  await new EmbeddedConnection(socket, HOST).run();
  assertEquals(socket.sent, "STORED\r\nVALUE k 0 1\r\na\r\nEND\r\n");
  assertEquals(socket.isClosed, true);
});

test("EmbeddedConnection reads no more than its client takes", async () => {
  const socket = new FakeSocket();
  const running = new EmbeddedConnection(socket, HOST).run();
  socket.holdWrites();
  socket.receive("version\r\n");
  socket.receive("version\r\n");
  socket.receiveEnd();
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  assertEquals(socket.unread, 1);
  socket.releaseWrites();
  await running;
  assertEquals(socket.sent, "VERSION 1.6.18 test\r\n".repeat(2));
});

test("EmbeddedConnection ends with a word about a mistake of ours", async () => {
  const socket = new FakeSocket();
  socket.receive("version\r\nstats\r\nversion\r\n");
  socket.receiveEnd();
  await new EmbeddedConnection(socket, HOST).run();
  assertEquals(
    socket.sent,
    "VERSION 1.6.18 test\r\nSERVER_ERROR fault in the embedded server: no report\r\n",
  );
  assertEquals(socket.isClosed, true);
});
