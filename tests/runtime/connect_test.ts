/**
 * What listening and connecting promise, on the runtime that runs the test.
 */

import { test } from "node:test";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { poll } from "../support/deadline.ts";
import { addressText } from "../../src/runtime/address_text.ts";
import { type Address, type Socket, SocketError } from "../../src/runtime/runtime.ts";
import { LOOPBACK, never, receive, runtime, send, SocketPair, soon } from "./socket_pair.ts";

const FULL_LISTENER = fileURLToPath(new URL("./fixtures/full_listener.ts", import.meta.url));

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "magent-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

async function failureOf(promise: Promise<unknown>): Promise<SocketError> {
  return await assertRejects(() => soon(promise, "failure"), SocketError) as SocketError;
}

/** Connects until it fails; Deno lets go of a closed listener a turn later. */
function failureAfterClose(address: Address): Promise<SocketError> {
  const attempt = async () => {
    try {
      (await runtime.connect(address, never())).close();
      return null;
    } catch (error) {
      return error instanceof SocketError && error.reason === "refused" ? error : null;
    }
  };
  return poll(attempt, 5000, "refusal");
}

test("Runtime says refused when nobody listens", async () => {
  const listener = await runtime.listen(LOOPBACK, () => {});
  listener.close();

  const error = await failureAfterClose(listener.address);

  assertEquals(error.message, `Cannot connect to "${addressText(listener.address)}": refused`);
});

test("Runtime says refused when a Unix path is missing or dead", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "socket");
  const missing = await failureOf(runtime.connect({ transport: "unix", path }, never()));
  assertEquals(missing.reason, "refused");

  writeFileSync(path, "not a socket");
  const dead = await failureOf(runtime.connect({ transport: "unix", path }, never()));
  assertEquals(dead.reason, "refused");
});

test("Runtime says unresolved for a name that does not exist", async () => {
  const address: Address = { transport: "tcp", hostname: "magent.invalid", port: 11211 };
  assertEquals((await failureOf(runtime.connect(address, never()))).reason, "unresolved");
  assertEquals((await failureOf(runtime.listen(address, () => {}))).reason, "unresolved");
});

test("Runtime says in use when an address is bound already", async () => {
  using folder = temporaryFolder();
  const unix: Address = { transport: "unix", path: join(folder.path, "socket") };
  for (const asked of [LOOPBACK, unix]) {
    const listener = await runtime.listen(asked, () => {});
    assertEquals((await failureOf(runtime.listen(listener.address, () => {}))).reason, "in use");
    listener.close();
  }
});

test("Runtime says failed when a Unix path cannot be made", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "missing", "socket");
  const error = await failureOf(runtime.listen({ transport: "unix", path }, () => {}));
  assertEquals(error.reason, "failed");
});

test("Runtime connects over a Unix path", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "socket");
  using pair = await SocketPair.open({ transport: "unix", path });

  await send(pair.near, "question");
  assertEquals(await receive(pair.far), "question");
  await pair.near.writable.close();
  assertEquals(await receive(pair.far), null);
  await send(pair.far, "answer");
  assertEquals(await receive(pair.near), "answer");
  assertEquals(pair.near.remoteAddress, `unix:${path}`);
});

for (const hostname of ["::1", "[::1]"]) {
  test(`Runtime connects over IPv6, written ${hostname}`, async () => {
    using pair = await SocketPair.open({ transport: "tcp", hostname, port: 0 });
    await send(pair.near, "six");
    assertEquals(await receive(pair.far), "six");
    assert(pair.near.remoteAddress.startsWith("[::1]:"), pair.near.remoteAddress);
  });
}

test("Runtime connects to a host name", async () => {
  using pair = await SocketPair.open({ transport: "tcp", hostname: "localhost", port: 0 });
  await send(pair.near, "name");
  assertEquals(await receive(pair.far), "name");
});

test("Listener stops accepting and leaves open sockets alone", async () => {
  const accepted = Promise.withResolvers<Socket>();
  const listener = await runtime.listen(LOOPBACK, accepted.resolve);
  const near = await runtime.connect(listener.address, never());
  const far = await soon(accepted.promise, "accepted socket");

  listener.close();
  listener.close();

  await failureAfterClose(listener.address);
  await send(near, "alive");
  assertEquals(await receive(far), "alive");
  near.close();
  far.close();
});

test("Runtime does not connect when it was given up before", async () => {
  let accepted = 0;
  const listener = await runtime.listen(LOOPBACK, () => accepted++);
  const error = await failureOf(runtime.connect(listener.address, AbortSignal.abort()));
  assertEquals(error.reason, "failed");
  using _pair = await SocketPair.open();
  assertEquals(accepted, 0);
  listener.close();
});

test("Runtime closes a connection that opens after it was given up", async () => {
  const accepted = Promise.withResolvers<Socket>();
  const listener = await runtime.listen(LOOPBACK, accepted.resolve);
  const abort = new AbortController();

  const connecting = runtime.connect(listener.address, abort.signal);
  abort.abort();

  assertEquals((await failureOf(connecting)).reason, "failed");
  // Deno takes the attempt back before the kernel hears of it; otherwise its end must come.
  const far = await Promise.race([
    accepted.promise,
    SocketPair.open().then((pair) => pair[Symbol.dispose]()),
  ]);
  if (far !== undefined) assertEquals(await receive(far), null);
  far?.close();
  listener.close();
});

test("Runtime gives up a connect that hangs", async () => {
  const child = spawn(process.execPath, [FULL_LISTENER], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const opened: Socket[] = [];
  try {
    const line = await soon(
      new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(`${data}`))),
      "port of the listener",
    );
    // A stopped program accepts nothing, and once its queue is full the kernel stops answering.
    process.kill(child.pid!, "SIGSTOP");
    const address: Address = { transport: "tcp", hostname: "127.0.0.1", port: Number(line) };
    const fillQueue = async () => {
      while (true) opened.push(await runtime.connect(address, AbortSignal.timeout(500)));
    };
    assertEquals((await failureOf(fillQueue())).reason, "failed");
  } finally {
    for (const socket of opened) socket.close();
    child.kill("SIGKILL");
  }
});

test("Runtime leaves no descriptors behind after 1,000 connections", {
  skip: process.platform !== "linux",
}, async () => {
  const openDescriptors = () => readdirSync("/proc/self/fd").length;
  await SocketPair.open().then((pair) => pair[Symbol.dispose]());
  const before = openDescriptors();

  for (let batch = 0; batch < 20; batch++) {
    const pairs = await Promise.all(Array.from({ length: 50 }, () => SocketPair.open()));
    for (const pair of pairs) {
      pair[batch % 2 === 0 ? "near" : "far"].close();
      pair[Symbol.dispose]();
    }
    await soon(Promise.all(pairs.flatMap((pair) => [pair.near.closed, pair.far.closed])), "ends");
  }

  await poll(() => openDescriptors() <= before ? true : null, 5000, "end of all descriptors");
});

test("Listener leaves the mode of its Unix path to the caller", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "socket");
  const listener = await runtime.listen({ transport: "unix", path }, () => {});
  runtime.process.changeMode(path, 0o600);
  assertEquals(statSync(path).mode & 0o777, 0o600);
  assertEquals(runtime.process.fileKind(path), "socket");
  listener.close();
  runtime.process.removeFile(path);
  assertEquals(runtime.process.fileKind(path), "missing");
});
