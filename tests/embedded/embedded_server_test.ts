/**
 * What transcripts do not show: dumps, reports, limits, connections without a network.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { itemBytes } from "../../src/embedded/item.ts";
import { EmbeddedPort } from "../support/embedded_port.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { TextClient } from "../support/text_client.ts";

const TIME_MS = 30_000;
const END = "END\r\n";

/** Items of many sizes, with flags, times, odd keys. */
function fill(): string {
  const lines = [0, 30, 31, 60, 200, 1000, 5000, 20_000, 100_000, 500_000, 530_000, 1_000_000]
    .map((bytes) => `set size${bytes} 0 0 ${bytes} noreply\r\n${"x".repeat(bytes)}\r\n`);
  return `${lines.join("")}set odd%\x01\xff 5 1000 1 noreply\r\na\r\nms AAEg 1 b q\r\na\r\nmn\r\n`;
}

/** The lines of a dump without the time of the last use, sorted; times of death are rounded. */
function comparable(dump: string): string[] {
  return dump.replaceAll(/ la=\d+/g, "").replaceAll(/exp=(\d+)\d\d /g, "exp=$1 ").split("\n")
    .sort();
}

test("a dump names every item as memcached does", { timeout: TIME_MS }, async () => {
  await using memcached = await MemcachedProcess.start();
  await using embedded = await EmbeddedPort.start();
  await using theirs = await memcached.client();
  await using ours = await embedded.client();
  for (const client of [theirs, ours]) await client.ask(fill(), "MN\r\n", TIME_MS);
  for (const part of ["all", "hash", "1", "2,39", "99", "x"]) {
    const line = `lru_crawler metadump ${part}\r\n`;
    const last = part === "99" || part === "x" ? "\r\n" : END;
    const expected = await theirs.ask(line, last);
    assertEquals(comparable(await ours.ask(line, last)), comparable(expected), part);
  }
  assertEquals(await ours.ask("lru_crawler metadump\r\n"), "ERROR\r\n");
});

test("the largest item is that of memcached, to the byte", { timeout: TIME_MS }, async () => {
  await using memcached = await MemcachedProcess.start();
  await using embedded = await EmbeddedPort.start();
  await using theirs = await memcached.client();
  await using ours = await embedded.client();
  const answers = new Set<string>();
  for (const flags of [0, 1]) {
    const most = (1 << 20) - itemBytes({ key: 1, flags, value: 0 });
    for (const bytes of [most, most + 1]) {
      const value = "x".repeat(bytes);
      for (const head of [`set k ${flags} 0 ${bytes}`, `ms k ${bytes} F${flags}`]) {
        const line = `${head}\r\n${value}\r\n`;
        const expected = await theirs.ask(line, "\r\n", TIME_MS);
        assertEquals(await ours.ask(line, "\r\n", TIME_MS), expected, head);
        answers.add(expected);
      }
    }
  }
  assertEquals([...answers].sort(), [
    "HD\r\n",
    "SERVER_ERROR object too large for cache\r\n",
    "STORED\r\n",
  ]);
});

test("mgdump names every item in base64", async () => {
  await using embedded = await EmbeddedPort.start();
  await using client = await embedded.client();
  await client.ask("set a 0 0 1\r\nx\r\nset b 0 -1 1\r\nx\r\nms AAEg 1 b\r\nx\r\n", "HD\r\n");
  assertEquals(
    await client.ask("lru_crawler mgdump all\r\n", "EN\r\n"),
    [
      "mg YQ== b",
      "mg AAEg b",
      "EN",
      "",
    ].join("\r\n"),
  );
});

test("a dump that is read slowly comes whole", { timeout: TIME_MS }, async () => {
  const keys = 30_000;
  await using embedded = await EmbeddedPort.start();
  await using client = await embedded.client();
  let sets = "";
  for (let at = 0; at < keys; at++) sets += `set key:${at} 0 0 1 noreply\r\nx\r\n`;
  await client.ask(`${sets}mn\r\n`, "MN\r\n", TIME_MS);
  client.pause();
  client.send("lru_crawler metadump all\r\n");
  await using other = await embedded.client();
  assertEquals(await other.get("key:7"), "x");
  client.resume();
  const dump = await client.readThrough(END, TIME_MS);
  assertEquals(new Set(dump.match(/key=\S+/g)).size, keys);
});

test("an embedded server tells the groups of stats that tools read", async () => {
  await using embedded = await EmbeddedPort.start();
  await using client = await embedded.client();
  await client.ask("set a 0 0 1\r\nx\r\nset b 0 0 100\r\n" + "y".repeat(100) + "\r\n");
  const ask = (group: string) => client.ask(`stats ${group}\r\n`, END);
  assertMatch(await ask("items"), /STAT items:1:number 1\r\n.*STAT items:4:number 1\r\n/s);
  assertMatch(await ask("slabs"), /STAT 1:chunk_size 96\r\n.*STAT active_slabs 2\r\n/s);
  assertMatch(await ask("sizes"), /STAT 64 1\r\nSTAT 160 1\r\n/);
  assertMatch(await ask("conns"), /STAT 0:addr tcp:127\.0\.0\.1:\d+\r\n/);
  assertMatch(await ask("settings"), /STAT maxbytes 67108864\r\n/);
  assertEquals(await ask("extstore"), END);
  assertEquals(await client.ask("stats reset\r\n"), "RESET\r\n");
  assertMatch(await ask(""), /STAT cmd_set 0\r\n.*STAT curr_items 2\r\n/s);
});

test("cache_memlimit sets the limit", async () => {
  await using embedded = await EmbeddedPort.start();
  await using client = await embedded.client();
  assertEquals(await client.ask("cache_memlimit 8\r\n"), "OK\r\n");
  assertMatch(await client.ask("stats\r\n", END), /STAT limit_maxbytes 8388608\r\n/);
  assertMatch(await client.ask("cache_memlimit 1\r\n"), /^MEMLIMIT_TOO_SMALL /);
  assertMatch(await client.ask("cache_memlimit 1000000001\r\n"), /^MEMLIMIT_ADJUST_FAILED /);
  assertEquals(await client.ask("cache_memlimit x\r\n"), "ERROR\r\n");
});

test("an embedded server says that it is embedded, behind the number of memcached", async () => {
  await using embedded = await EmbeddedPort.start();
  await using client = await embedded.client();
  assertEquals(await client.ask("version\r\n"), "VERSION 1.6.18 embedded\r\n");
});

test("a client too many is told so", async () => {
  await using embedded = await EmbeddedPort.start({ connectionsMax: 1 });
  await using client = await embedded.client();
  await client.ask("mn\r\n");
  await using tooMany = await embedded.client();
  assertEquals(await tooMany.readToEnd(), "ERROR Too many open connections\r\n");
  assertMatch(await client.ask("stats\r\n", END), /STAT rejected_connections 1\r\n/);
});

test("a server that is closed drops its clients and its port", async () => {
  await using embedded = await EmbeddedPort.start();
  await using client = await embedded.client();
  await client.set("k", "v");
  embedded.server.close();
  assertEquals(await client.readToEnd(), "");
  const refused = await TextClient.connect(embedded.target).then(() => false, () => true);
  assertEquals(refused, true);
});

test("an embedded server is asked without a network, too", async () => {
  await using embedded = await EmbeddedPort.start();
  const socket = embedded.server.connect("embedded:test");
  const writer = socket.writable.getWriter();
  const reader = socket.readable.getReader();
  const value = "v".repeat(1_000_000);
  const reading = (async () => {
    let text = "";
    while (!text.endsWith(END)) {
      const { value: chunk, done } = await reader.read();
      if (done) break;
      text += toText(chunk);
    }
    return text;
  })();
  for (let at = 0; at < 10; at++) {
    await writer.write(toBytes(`set k${at} 0 0 ${value.length} noreply\r\n${value}\r\n`));
  }
  const keys = Array.from({ length: 10 }, (_, at) => `k${at}`).join(" ");
  await writer.write(toBytes(`get ${keys}\r\n`));
  const answer = await reading;
  assertEquals(
    answer.length,
    10 * (value.length + "VALUE k0 0 1000000\r\n\r\n".length) + END.length,
  );
  socket.close();
  socket.close();
  await socket.closed;
});

test("closing one end of a pair ends the other", async () => {
  await using embedded = await EmbeddedPort.start();
  const socket = embedded.server.connect("embedded:test");
  const reader = socket.readable.getReader();
  await socket.writable.getWriter().write(toBytes("version\r\n"));
  assertEquals(toText((await reader.read()).value!), "VERSION 1.6.18 embedded\r\n");
  embedded.server.close();
  assertEquals((await reader.read()).done, true);
  const failed = await embedded.server.connect("embedded:late").readable.getReader().read();
  assertEquals(failed.done, true);
});
