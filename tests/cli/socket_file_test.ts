import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { clearSocketPath, removeSocketFile } from "../../src/cli/socket_file.ts";
import { SocketError } from "../../src/runtime/runtime.ts";
import { FakeRuntime } from "./fake_runtime.ts";

async function refusal(runtime: FakeRuntime): Promise<[string, string]> {
  const error = await assertRejects(() => clearSocketPath(runtime, "/s"), SocketError);
  return [error.reason, error.message];
}

test("clearSocketPath leaves a free path alone", async () => {
  const runtime = new FakeRuntime();
  await clearSocketPath(runtime, "/s");
  assertEquals(runtime.process.fileKind("/s"), "missing");
});

test("clearSocketPath removes a socket that nobody listens on", async () => {
  const runtime = new FakeRuntime();
  runtime.process.put("/s", "", "socket");
  await clearSocketPath(runtime, "/s");
  assertEquals(runtime.process.fileKind("/s"), "missing");
});

test("clearSocketPath refuses a socket that somebody listens on", async () => {
  const runtime = new FakeRuntime();
  await runtime.listen({ transport: "unix", path: "/s" }, () => {});
  assertEquals(await refusal(runtime), [
    "in use",
    'Cannot listen on "unix:/s": in use by another process',
  ]);
  assertEquals(runtime.process.fileKind("/s"), "socket");
});

test("clearSocketPath refuses a socket that it may not ask", async () => {
  const runtime = new FakeRuntime();
  runtime.process.put("/s", "", "socket");
  runtime.connectFailure = new SocketError("not permitted", "permission denied");
  assertEquals((await refusal(runtime))[0], "in use");
  assertEquals(runtime.process.fileKind("/s"), "socket");
});

test("clearSocketPath never removes what is no socket", async () => {
  const runtime = new FakeRuntime();
  runtime.process.put("/s", "precious");
  assertEquals(await refusal(runtime), [
    "in use",
    'Cannot listen on "unix:/s": a file that is no socket is there',
  ]);
  assertEquals(runtime.process.readTextFile("/s"), "precious");
});

test("clearSocketPath says when it may not remove a stale socket", async () => {
  const runtime = new FakeRuntime();
  runtime.process.put("/s", "", "socket");
  runtime.process.closedPaths.add("/s");
  assertEquals(await refusal(runtime), [
    "not permitted",
    'Cannot listen on "unix:/s": the stale socket cannot be removed: permission denied',
  ]);
});

test("removeSocketFile removes a socket, and nothing else", () => {
  const runtime = new FakeRuntime();
  runtime.process.put("/s", "", "socket");
  runtime.process.put("/f", "precious");
  runtime.process.put("/closed", "", "socket");
  runtime.process.closedPaths.add("/closed");
  for (const path of ["/s", "/f", "/closed", "/missing"]) removeSocketFile(runtime, path);
  assertEquals([...runtime.process.files.keys()], ["/f", "/closed"]);
});
