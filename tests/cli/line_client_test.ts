import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { LineClient } from "../../src/cli/line_client.ts";
import type { Socket } from "../../src/runtime/runtime.ts";
import { FakeRuntime } from "./fake_runtime.ts";

const TIMEOUT_MS = 200;

/** A client of somebody who answers every line with these chunks. */
async function clientOf(...chunks: readonly string[]): Promise<LineClient> {
  const runtime = new FakeRuntime();
  runtime.listening.set("/s", (socket) => void answerAll(socket, chunks));
  return await LineClient.connect(runtime, { transport: "unix", path: "/s" }, TIMEOUT_MS);
}

async function answerAll(socket: Socket, chunks: readonly string[]): Promise<void> {
  const reader = socket.readable.getReader();
  const writer = socket.writable.getWriter();
  while (!(await reader.read()).done) {
    for (const chunk of chunks) {
      await writer.write(new TextEncoder().encode(chunk)).catch(() => {});
    }
  }
}

for (
  const answer of [
    "END\r\n",
    "STAT a 1\r\nEND\r\n",
    "RESET\r\n",
    "VERSION 1.6.18\r\n",
    "ERROR\r\n",
    "ERROR unknown command\n",
    "SERVER_ERROR out of memory\r\n",
    "CLIENT_ERROR bad\r\n",
  ]
) {
  test(`LineClient reads ${JSON.stringify(answer)} to its end, in one piece or byte by byte`, async () => {
    for (const chunks of [[answer], [...answer]]) {
      const client = await clientOf(...chunks);
      assertEquals(await client.ask("stats"), answer);
      assertEquals(await client.ask("stats"), answer);
      client.close();
    }
  });
}

test("LineClient does not take a name that ends in END for the end", async () => {
  const client = await clientOf("STAT x BACKEND\r\n", "END\r\n");
  assertEquals(await client.ask("stats"), "STAT x BACKEND\r\nEND\r\n");
  client.close();
});

test("LineClient gives up on who does not answer, and on who never stops", async () => {
  const silent = await clientOf();
  await assertRejects(() => silent.ask("stats"), Error, `no answer within ${TIMEOUT_MS} ms`);
  const endless = await clientOf("a".repeat(17 << 20));
  await assertRejects(
    () => endless.ask("stats"),
    Error,
    "an answer of more than 16777216 characters",
  );
  endless.close();
});
