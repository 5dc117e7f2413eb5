/**
 * What a thread of the runtime contract promises, on the runtime that runs the test.
 */

import { assertEquals, assertGreater, assertRejects, assertStringIncludes } from "@std/assert";
import process from "node:process";
import { test } from "node:test";
import { SocketError } from "../../src/runtime/runtime.ts";
import type { Thread } from "../../src/runtime/thread.ts";
import { poll, withDeadline } from "../support/deadline.ts";
import { freePort } from "../support/free_port.ts";
import { TextClient } from "../support/text_client.ts";
import { runtime } from "./socket_pair.ts";

const TIME_MS = 30_000;
const WAIT_MS = 10_000;
const ENTRY = new URL("./fixtures/echo_thread.ts", import.meta.url);
const CONNECTIONS = 64;

interface Said {
  readonly born?: boolean;
  readonly port?: number;
  readonly connections?: number;
  readonly uncaught?: string;
  readonly words?: string;
}

/** A thread, and what it has said. */
class Echo implements Disposable {
  readonly thread: Thread = runtime.startThread(ENTRY);
  readonly said: Said[] = [];

  constructor() {
    this.thread.receive((message) => this.said.push(message as Said));
  }

  static async start(): Promise<Echo> {
    const echo = new Echo();
    await echo.find("born");
    return echo;
  }

  find<Name extends keyof Said>(name: Name): Promise<NonNullable<Said[Name]>> {
    return poll(() => this.last(name) ?? null, WAIT_MS, name);
  }

  last<Name extends keyof Said>(name: Name): Said[Name] | undefined {
    return this.said.findLast((one) => one[name] !== undefined)?.[name];
  }

  [Symbol.dispose](): void {
    this.thread.stop();
  }
}

async function refused(port: number): Promise<true | null> {
  try {
    (await TextClient.connect({ port })).close();
    return null;
  } catch {
    return true;
  }
}

test("Thread takes messages and answers", { timeout: TIME_MS }, async () => {
  using echo = await Echo.start();
  echo.thread.post({ words: "ä" });
  assertEquals(await echo.find("words"), "ä");
});

for (const [fail, name] of [["error", "an error"], ["rejection", "a rejection"]]) {
  test(`Thread fails of ${name} that nobody caught`, { timeout: TIME_MS }, async () => {
    using echo = await Echo.start();
    echo.thread.post({ fail });
    assertStringIncludes(await withDeadline(echo.thread.failed, WAIT_MS, "end"), "on purpose");
  });

  test(`Thread can tell of ${name} that nobody caught`, { timeout: TIME_MS }, async () => {
    using echo = await Echo.start();
    echo.thread.post({ told: true, fail });
    assertStringIncludes(await echo.find("uncaught"), "on purpose");
  });
}

/** A thread that listens on the port, and a client that it has. */
async function served(echo: Echo): Promise<{ port: number; client: TextClient }> {
  echo.thread.post({ share: await freePort() });
  const port = await echo.find("port");
  const client = await TextClient.connect({ port });
  await echo.find("connections");
  return { port, client };
}

test("Thread.stop closes what the thread has open", { timeout: TIME_MS }, async () => {
  using echo = await Echo.start();
  const { port, client } = await served(echo);
  echo.thread.stop();
  echo.thread.stop();
  assertEquals(await client.readToEnd(WAIT_MS), "");
  await poll(() => refused(port), WAIT_MS, "refusal");
});

test("Thread.stop ends a thread that stands still, at once or when it goes on", {
  timeout: TIME_MS,
}, async () => {
  using echo = await Echo.start();
  const { port, client } = await served(echo);
  const word = new Int32Array(new SharedArrayBuffer(4));
  echo.thread.post({ stand: word });
  await echo.find("words");
  echo.thread.stop();
  if (!echo.thread.stopsAnytime) Atomics.store(word, 0, 1);
  assertEquals(await client.readToEnd(WAIT_MS), "");
  await poll(() => refused(port), WAIT_MS, "refusal");
});

test("a shared port spreads connections over threads", { timeout: TIME_MS }, async (context) => {
  if (process.platform !== "linux") return context.skip("only Linux spreads connections");
  using one = await Echo.start();
  one.thread.post({ share: await freePort() });
  const port = await one.find("port");
  using two = await Echo.start();
  two.thread.post({ share: port });
  assertEquals(await two.find("port"), port);

  const clients: TextClient[] = [];
  for (let i = 0; i < CONNECTIONS; i++) clients.push(await TextClient.connect({ port }));
  const shares = () => [one, two].map((echo) => echo.last("connections") ?? 0);
  await poll(() => shares()[0] + shares()[1] === CONNECTIONS || null, WAIT_MS, "all of them");
  // The chance of less by luck is below one in ten billion.
  for (const share of shares()) assertGreater(share, CONNECTIONS / 10);
  for (const client of clients) client.close();
});

test("a port that threads share is taken for everybody else", { timeout: TIME_MS }, async () => {
  using echo = await Echo.start();
  echo.thread.post({ share: await freePort() });
  const port = await echo.find("port");
  const address = { transport: "tcp", hostname: "127.0.0.1", port } as const;
  const error = await assertRejects(() => runtime.listen(address, () => {}), SocketError);
  assertEquals(error.reason, "in use");
});
