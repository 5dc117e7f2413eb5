/** A dump lists every key of a server, also while clients read and change them. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { BackendSource } from "../../src/recovery/restore_source.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { realBackend } from "../support/real_backend.ts";
import { TextClient } from "../support/text_client.ts";

const KEYS = 20_000;
const READERS = 6;
const DUMPS = 3;
const TIME_MS = 60_000;

/** Stores keys, and reads and changes some of them until it is told to end. */
class Load {
  readonly #server: MemcachedProcess;
  #ended = false;

  constructor(server: MemcachedProcess) {
    this.#server = server;
  }

  async fill(): Promise<void> {
    await using client = await this.#server.client();
    const sets = Array.from({ length: KEYS }, (_, at) => `set key:${at} 0 0 1 noreply\r\nv\r\n`);
    await client.ask(`${sets.join("")}mn\r\n`, "MN\r\n", TIME_MS);
  }

  async work(): Promise<void> {
    await using client = await this.#server.client();
    while (!this.#ended) {
      const lines = Array.from({ length: 20 }, () => {
        const key = `key:${Math.floor(Math.random() * KEYS)}`;
        return `mg ${key} k q\r\nset ${key} 0 0 1 noreply\r\nv\r\n`;
      });
      await client.ask(`${lines.join("")}mn\r\n`, "MN\r\n", TIME_MS);
    }
  }

  end(): void {
    this.#ended = true;
  }
}

type Connects = Pick<Runtime, "connect">;

/** Connects to servers of a time before `lru_crawler metadump hash`. */
function withoutHashDump(runtime: Connects): Connects {
  const connect: Connects["connect"] = async (address, signal) => {
    const socket = await runtime.connect(address, signal);
    const writer = socket.writable.getWriter();
    const write = (chunk: Uint8Array) => {
      const line = new TextDecoder().decode(chunk).replace(" hash", " 99999");
      return writer.write(new TextEncoder().encode(line));
    };
    const { readable, remoteAddress, localAddress, closed } = socket;
    const close = () => socket.close();
    return {
      readable,
      remoteAddress,
      localAddress,
      closed,
      close,
      writable: new WritableStream({ write }),
    };
  };
  return { connect };
}

async function dumpedKeys(
  port: number,
  through: (runtime: Connects) => Connects = (runtime) => runtime,
): Promise<Set<string>> {
  using real = await realBackend(port);
  const { clock } = real;
  const runtime = through(real.runtime);
  await using client = await TextClient.connect({ port });
  const source = new BackendSource(real.backend, {
    runtime,
    clock,
    ask: (_, line) => client.ask(`${line}\r\n`, line.startsWith("stats") ? "END\r\n" : "\r\n"),
    signal: new AbortController().signal,
  });
  const keys = new Set<string>();
  const pace = {
    expect: () => {},
    workedOff: () => Promise.resolve(true),
    lacks: () => false,
    stopped: () => false,
  };
  const end = await source.read(({ bytes, keyStart, keyEnd }) => {
    keys.add(new TextDecoder().decode(bytes.subarray(keyStart, keyEnd)));
  }, pace);
  assertEquals(end, "complete");
  return keys;
}

async function crawlerSleep(server: MemcachedProcess): Promise<string | undefined> {
  await using client = await server.client();
  return /lru_crawler_sleep (\d+)/.exec(await client.ask("stats settings\r\n", "END\r\n"))?.[1];
}

test("A dump misses no key that clients move about meanwhile", { timeout: TIME_MS }, async () => {
  await using server = await MemcachedProcess.start();
  const load = new Load(server);
  await load.fill();
  const working = Array.from({ length: READERS }, () => load.work());
  try {
    for (let at = 0; at < DUMPS; at++) assertEquals((await dumpedKeys(server.port)).size, KEYS);
    assertEquals(await crawlerSleep(server), "100");
  } finally {
    load.end();
    await Promise.all(working);
  }
});

test("A server that cannot dump its hash table is dumped class by class", {
  timeout: TIME_MS,
}, async () => {
  await using server = await MemcachedProcess.start();
  await new Load(server).fill();
  assertEquals((await dumpedKeys(server.port, withoutHashDump)).size, KEYS);
});
