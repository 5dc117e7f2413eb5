/** A client that is gone before anybody takes its connection. */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import type { Socket } from "../../src/runtime/runtime.ts";
import { poll } from "../support/deadline.ts";
import { LOOPBACK, never, receive, runtime, send, soon } from "./socket_pair.ts";

const TIME_MS = 60_000;
const WAIT_MS = 10_000;
const CLIENT = fileURLToPath(new URL("./fixtures/resetting_client.ts", import.meta.url));

/** Runs to its end while this thread accepts nothing. */
function connectAndReset(port: number): void {
  const before = process.versions.bun === undefined ? ["run", "-A", "--no-check"] : ["run"];
  const { status, stderr } = spawnSync(process.execPath, [...before, CLIENT, `${port}`], {
    encoding: "utf8",
    timeout: WAIT_MS,
  });
  assertEquals(status, 0, stderr);
}

test("a listener bears a client that is gone before its connection is taken", {
  timeout: TIME_MS,
}, async () => {
  const accepted: Socket[] = [];
  const listener = await runtime.listen(LOOPBACK, (socket) => accepted.push(socket));
  const { address } = listener;
  if (address.transport !== "tcp") throw new Error(`listening on a ${address.transport} address`);
  connectAndReset(address.port);

  const near = await soon(runtime.connect(address, never()), "connection");
  const isFar = (socket: Socket) => socket.remoteAddress === near.localAddress;
  const far = await poll(() => accepted.find(isFar) ?? null, WAIT_MS, "its other end");
  await send(near, "question");
  assertEquals(await receive(far), "question");
  for (const socket of [near, ...accepted]) socket.close();
  listener.close();
});
