/**
 * cas numbers of clients, where keys have copies: a number that was read from one process
 * never matches at another one, although their own numbers are the same.
 */

import { test } from "node:test";
import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { awaitStats } from "../support/await_stats.ts";
import { packet, readPackets, words } from "../support/binary_packets.ts";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { toBytes } from "../support/latin1.ts";
import { MagentProcess } from "../support/magent_process.ts";
import type { MemcachedProcess } from "../support/memcached_process.ts";
import { type Target, TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const WAIT_MS = 15_000;
/** More than a restarted server counts before we are at it. */
const CHANGES = 300;
const OWN = (1n << 48n) - 1n;
const KEY = "k";
const BINARY_GET = 0x00;
const BINARY_SET = 0x01;
const FARM = { mains: 1, backups: 1 };
const KEY_EXISTS = 2;

/** How one protocol reads a cas number, and changes a value that still has it. */
interface Speech {
  readonly read: (client: TextClient) => Promise<bigint>;
  /** "stored" or "exists". */
  readonly change: (client: TextClient, cas: bigint) => Promise<string>;
}

const SPEECHES: Readonly<Record<string, Speech>> = {
  classic: { read: classicCas, change: classicChange },
  meta: {
    read: async (client) =>
      BigInt((await client.ask(`mg ${KEY} c\r\n`)).match(/ c(\d+)/)?.[1] ?? "0"),
    change: async (client, cas) => {
      const answer = await client.ask(`ms ${KEY} 1 C${cas}\r\nm\r\n`);
      return answer === "HD\r\n" ? "stored" : answer === "EX\r\n" ? "exists" : answer;
    },
  },
  binary: {
    read: async (client) => (await askBinary(client, packet(BINARY_GET, { key: KEY }))).cas,
    change: async (client, cas) => {
      const set = packet(BINARY_SET, { key: KEY, value: "b", extras: words(0, 0), cas });
      const { status } = await askBinary(client, set);
      return status === 0 ? "stored" : status === KEY_EXISTS ? "exists" : `status ${status}`;
    },
  },
};

async function classicCas(client: TextClient): Promise<bigint> {
  const answer = await client.ask(`gets ${KEY}\r\n`, "END\r\n");
  return BigInt(answer.match(/^VALUE \S+ \d+ \d+ (\d+)\r\n/)?.[1] ?? "0");
}

async function classicChange(client: TextClient, cas: bigint): Promise<string> {
  const answer = await client.ask(`cas ${KEY} 0 0 1 ${cas}\r\nc\r\n`);
  return answer.trim().toLowerCase();
}

async function askBinary(client: TextClient, request: Uint8Array) {
  client.send(request);
  const head = await client.readBytes(24);
  const length = new DataView(toBytes(head).buffer).getUint32(8);
  const body = length === 0 ? "" : await client.readBytes(length);
  return readPackets(head + body)[0];
}

/** What a speech reads over a connection of its own. */
async function readBy(speech: Speech, target: Target): Promise<bigint> {
  await using client = await TextClient.connect(target);
  return await speech.read(client);
}

async function changeBy(speech: Speech, target: Target, cas: bigint): Promise<string> {
  await using client = await TextClient.connect(target);
  return await speech.change(client, cas);
}

/** Sets the key at a server, past the proxy, until its own number there is the one of `token`. */
async function meetAt(server: MemcachedProcess, token: bigint): Promise<void> {
  await using direct = await server.client();
  await setManyTimes(direct, 1);
  const missing = Number((token & OWN) - await classicCas(direct));
  assertGreater(missing, 0, "the server has counted past the number");
  await setManyTimes(direct, missing);
  assertEquals(await classicCas(direct), token & OWN);
}

async function setManyTimes(client: TextClient, times: number): Promise<void> {
  client.send(`set ${KEY} 0 0 1\r\nx\r\n`.repeat(times));
  await client.readExactly("STORED\r\n".repeat(times));
}

async function changeManyTimes(target: Target): Promise<void> {
  await using client = await TextClient.connect(target);
  await setManyTimes(client, CHANGES);
}

for (const [name, speech] of Object.entries(SPEECHES)) {
  test(`A cas number of a main that was killed does not match at the next one: ${name}`, {
    timeout: TIME_MS,
  }, async () => {
    await using farm = await Farm.start(FARM);
    const [main] = farm.mains;
    const { target } = farm.proxy;
    await changeManyTimes(target);
    const token = await readBy(speech, target);
    assertEquals(await changeBy(speech, target, token), "stored");
    assertEquals(await changeBy(speech, target, token), "exists");
    const last = await readBy(speech, target);
    await main.restart();
    await using direct = await main.client();
    const restored = () => direct.get("magent:gen").then((marker) => marker?.endsWith(" settling"));
    await poll(async () => await restored() || null, WAIT_MS, "restored main");
    await meetAt(main, last);
    assertEquals(await changeBy(speech, target, last), "exists");
    // It would have been taken.
    assertEquals(await classicChange(direct, last & OWN), "stored");
    const fresh = await readBy(speech, target);
    assertEquals(await changeBy(speech, target, fresh), "stored");
  });

  test(`A cas number of a main decides nothing at its backup: ${name}`, {
    timeout: TIME_MS,
  }, async () => {
    await using farm = await Farm.start(FARM);
    const { target } = farm.proxy;
    // Past the proxy, so that the main has counted further than the backup.
    await changeManyTimes(farm.mains[0].target);
    await using client = await TextClient.connect(target);
    assertEquals(await client.set(KEY, "v"), "STORED");
    const token = await readBy(speech, target);
    await farm.mains[0].kill();
    await awaitStats(farm.proxy, { main_1_state: "ejected" });
    await using direct = await farm.backups[0].client();
    await direct.ask(`delete ${KEY}\r\n`);
    assertMatch(await changeBy(speech, target, token), /not_found|^NF|status 1/);
    await direct.set(KEY, "v");
    await meetAt(farm.backups[0], token);
    assertEquals(await changeBy(speech, target, token), "exists");
    assertEquals(await classicChange(direct, token & OWN), "stored");
    const own = await readBy(speech, target);
    assertEquals(await changeBy(speech, target, own), "stored");
  });
}

test("Two proxies take each other's cas numbers, also after a flush", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start(FARM);
  await using other = await MagentProcess.start({
    mains: farm.mains.map(({ server }) => server),
    backups: farm.backups.map(({ server }) => server),
  });
  await using here = await TextClient.connect(farm.proxy.target);
  await using there = await TextClient.connect(other.target);
  const exchange = async (from: TextClient, to: TextClient) => {
    await here.set(KEY, "v");
    return await classicChange(to, await classicCas(from));
  };
  // Until both know the markers.
  const agree = async () =>
    await exchange(here, there) === "stored" && await exchange(there, here) === "stored" || null;
  await poll(agree, WAIT_MS, "exchange of cas numbers");
  assertEquals(await here.ask("flush_all\r\n"), "OK\r\n");
  await poll(agree, WAIT_MS, "exchange of cas numbers after a flush");
});

test("Without recovery cas numbers are the servers' own", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start({ ...FARM, args: ["--recover", "off"] });
  await changeManyTimes(farm.proxy.target);
  assertEquals(
    await readBy(SPEECHES.classic, farm.proxy.target),
    await readBy(SPEECHES.classic, farm.mains[0].target),
  );
});
