/**
 * What a socket of the runtime contract promises, on the runtime that runs the test.
 */

import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Socket } from "../../src/runtime/runtime.ts";
import {
  countToEnd,
  letEverythingHappen,
  LOOPBACK,
  never,
  receive,
  rejection,
  runtime,
  send,
  SocketPair,
  soon,
  write,
} from "./socket_pair.ts";

const MEBIBYTE = 1024 * 1024;
/** More than the kernel keeps for one connection of the loopback interface. */
const KERNEL_BYTES = 16 * MEBIBYTE;

test("Socket carries bytes both ways", async () => {
  using pair = await SocketPair.open();

  await send(pair.near, "question");
  assertEquals(await receive(pair.far), "question");
  await send(pair.far, "answer");
  assertEquals(await receive(pair.near), "answer");
});

test("Socket knows both addresses", async () => {
  using pair = await SocketPair.open();

  assert(pair.near.remoteAddress.startsWith("127.0.0.1:"), pair.near.remoteAddress);
  assertEquals(pair.near.remoteAddress, pair.far.localAddress);
  assertEquals(pair.near.localAddress, pair.far.remoteAddress);
});

for (const side of ["near", "far"] as const) {
  test(`Socket can be written to after the ${side} side was shut down`, async () => {
    using pair = await SocketPair.open();
    const shut = pair[side];
    const other = side === "near" ? pair.far : pair.near;

    await send(shut, "last words");
    await soon(shut.writable.close(), "shutdown");
    assertEquals(await receive(other), "last words");
    assertEquals(await receive(other), null);
    await send(other, "late reply");
    assertEquals(await receive(shut), "late reply");

    await soon(other.writable.close(), "shutdown");
    assertEquals(await receive(shut), null);
    await soon(Promise.all([shut.closed, other.closed]), "end of both sides");
  });
}

test("Socket holds a write back until the peer reads", async () => {
  using pair = await SocketPair.open();
  const writer = pair.near.writable.getWriter();
  let written = false;

  const writing = writer.write(new Uint8Array(64 * MEBIBYTE)).then(() => written = true);
  await letEverythingHappen();
  assertEquals(written, false);
  const counting = countToEnd(pair.far);
  await soon(writing, "large write");
  await writer.close();

  assertEquals(await counting, 64 * MEBIBYTE);
});

test("Socket takes no more than the kernel holds for a slow reader", async () => {
  using pair = await SocketPair.open();
  const writer = pair.near.writable.getWriter();
  const chunk = new Uint8Array(MEBIBYTE);
  let written = 0;
  let read = 0;
  let most = 0;
  const writing = (async () => {
    for (; written < 64 * MEBIBYTE; written += chunk.length) await writer.write(chunk);
    await writer.close();
  })();

  const reader = pair.far.readable.getReader();
  for (let round = 0;; round++) {
    if (round % 8 === 0) await new Promise((resolve) => setTimeout(resolve));
    const { done, value } = await soon(reader.read(), "read");
    most = Math.max(most, written - read);
    if (done) break;
    read += value.length;
  }
  await writing;

  assertEquals(read, 64 * MEBIBYTE);
  assert(most < KERNEL_BYTES, `${most} bytes were on their way`);
});

test("Socket delivers large chunks unchanged", async () => {
  using pair = await SocketPair.open();
  const bytes = new Uint8Array(8 * MEBIBYTE);
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 31) >> 3;
  const writer = pair.near.writable.getWriter();
  const writing = writer.write(bytes).then(() => writer.close());

  let offset = 0;
  for await (const chunk of pair.far.readable) {
    assertEquals(chunk, bytes.subarray(offset, offset + chunk.length));
    offset += chunk.length;
  }

  await writing;
  assertEquals(offset, bytes.length);
});

test("Socket delivers what comes in drops", async () => {
  using pair = await SocketPair.open();
  const text = "get key\r\n";
  let received = "";
  for (const letter of text) {
    await send(pair.near, letter);
    received += await receive(pair.far);
  }
  assertEquals(received, text);
});

test("Socket leaves a chunk alone until the next read", async () => {
  using pair = await SocketPair.open();
  const reader = pair.far.readable.getReader();
  await send(pair.near, "first");
  const first = (await soon(reader.read(), "first chunk")).value!;

  await send(pair.near, "other");
  await letEverythingHappen();

  assertEquals(new TextDecoder().decode(first), "first");
  const second = (await soon(reader.read(), "second chunk")).value!;
  assertEquals(new TextDecoder().decode(second), "other");
});

test("Socket can be closed twice and ends a read that waits", async () => {
  using pair = await SocketPair.open();
  const reader = pair.near.readable.getReader();
  const reading = reader.read();

  pair.near.close();
  pair.near.close();

  assertEquals((await soon(reading, "end of the read")).done, true);
  await soon(pair.near.closed, "closed");
  await rejection(write(pair.near, "too late"));
  assertEquals(await receive(pair.far), null);
});

test("Socket rejects a write that waits when it is closed", async () => {
  using pair = await SocketPair.open();
  const writing = write(pair.near, new Uint8Array(64 * MEBIBYTE));
  await letEverythingHappen();

  pair.near.close();

  await rejection(writing);
  await soon(pair.near.closed, "closed");
});

test("Socket delivers what was written before it was closed", async () => {
  using pair = await SocketPair.open();
  await send(pair.near, new Uint8Array(100_000));

  pair.near.close();

  assertEquals(await countToEnd(pair.far), 100_000);
});

test("Socket rejects writes once the peer is gone", async () => {
  using pair = await SocketPair.open();
  pair.far.close();
  await soon(pair.far.closed, "closed");

  // The first write may still be taken: only its answer says that nobody is there.
  const writeOn = async () => {
    for (let round = 0; round < 1000; round++) await write(pair.near, "anybody?");
  };

  await rejection(writeOn());
  await rejection(write(pair.near, "still not?"));
});

test("Socket breaks both streams when the peer resets it", async () => {
  const server = createServer((peer) => peer.once("data", () => peer.resetAndDestroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socket = await runtime.connect({ ...LOOPBACK, port }, never());
  const reader = socket.readable.getReader();
  const reading = reader.read();

  await send(socket, "go away");

  await rejection(reading);
  await soon(socket.closed, "closed");
  await rejection(write(socket, "too late"));
  server.close();
});

test("Socket that nobody listens to breaks quietly", async () => {
  using pair = await SocketPair.open();
  await send(pair.near, "never read");
  pair.far.close();
  await letEverythingHappen();
  pair.near.close();
  await soon(pair.near.closed, "closed");
});

test("Socket is closed once reading is cancelled and writing has ended", async () => {
  using pair = await SocketPair.open();

  await pair.near.readable.cancel();
  await pair.near.writable.close();

  await soon(pair.near.closed, "closed");
  assertEquals(await receive(pair.far), null);
});

test("Socket is closed when its writable is aborted", async () => {
  using pair = await SocketPair.open();

  await pair.near.writable.abort();

  await soon(pair.near.closed, "closed");
  assertEquals(await receive(pair.near), null);
});

test("Runtime calls back at the end of a turn, after the data of all sockets", async () => {
  const pairs = await Promise.all(Array.from({ length: 20 }, () => SocketPair.open()));
  const arrivedAtTurnEnd: number[] = [];
  let arrived = 0;
  let scheduled = false;
  const watch = async (socket: Socket) => {
    await receive(socket);
    arrived++;
    if (scheduled) return;
    scheduled = true;
    runtime.endOfTurn(() => {
      scheduled = false;
      arrivedAtTurnEnd.push(arrived);
    });
  };
  const watching = pairs.map((pair) => watch(pair.far));
  await letEverythingHappen();

  // All in one turn, so that all are there when the next one begins.
  await Promise.all(pairs.map((pair) => send(pair.near, "x")));
  await Promise.all(watching);
  await new Promise<void>((resolve) => runtime.endOfTurn(resolve));

  assertEquals(arrivedAtTurnEnd, [20]);
  for (const pair of pairs) pair[Symbol.dispose]();
});

test("Runtime copies a range, and no byte beside it", () => {
  const source = Uint8Array.from({ length: 300 }, (_, at) => at);
  const view = source.subarray(10);
  const target = new Uint8Array(300).fill(255);
  runtime.copyBytes(target, 5, view, 20, 220);
  assertEquals(target.subarray(5, 205), source.subarray(30, 230));
  assertEquals([target[4], target[205]], [255, 255]);
});

test("Runtime tells the CPU time of the thread, which grows with work", () => {
  const beforeMs = runtime.cpuMs();
  const endMs = runtime.now() + 10_000;
  while (runtime.cpuMs() < beforeMs + 5 && runtime.now() < endMs);
  assert(runtime.cpuMs() >= beforeMs + 5);
});

test("Runtime has a clock that only grows", () => {
  const first = runtime.now();
  assert(runtime.now() >= first);
});
