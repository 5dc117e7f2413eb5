/** Beside a real memcached: what it refuses, what it has no room for, and requests without a key. */

import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { askedDirectly, askedThrough } from "../support/binary_exchange.ts";
import { deltaExtras, packet, readPackets, words } from "../support/binary_packets.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import type { TextClient } from "../support/text_client.ts";

const STORE_EXTRAS = words(0, 0);
const FOREVER = 0xffffffff;

/** Packets that memcached refuses by their head or their opcode, without skipping too far. */
const REFUSED: readonly Uint8Array[] = [
  packet(0x1f),
  packet(0x40, { value: "body" }),
  packet(0x20),
  packet(0x21, { key: "PLAIN", value: "\0user\0password" }),
  packet(0x22, { key: "PLAIN", value: "\0user\0password" }),
  packet(0x20, { key: "k" }),
  packet(0x21, { value: "v" }),
  packet(0x00, { key: "abc", bodyLength: 2 }),
  packet(0x1d, { key: "abc", extras: words(1), bodyLength: 6 }),
  packet(0x00, { key: "k".repeat(251) }),
  packet(0x40, { key: "k".repeat(251) }),
  packet(0x00),
  packet(0x0c, { key: "k", value: "v" }),
  packet(0x09, { key: "k", extras: words(0) }),
  packet(0x01, { key: "k", value: "v" }),
  packet(0x12, { extras: STORE_EXTRAS, value: "v" }),
  packet(0x0e, { key: "k", extras: words(0), value: "v" }),
  packet(0x19, { value: "v" }),
  packet(0x04, { key: "k", value: "v" }),
  packet(0x14),
  packet(0x05, { key: "k", extras: words(0) }),
  packet(0x16, { key: "k", extras: deltaExtras(1n, 1n, 0), value: "v" }),
  packet(0x1c, { key: "k" }),
  packet(0x24, { extras: words(0) }),
  packet(0x07, { key: "k" }),
  packet(0x08, { key: "k" }),
  packet(0x18, { extras: words(0, 0) }),
  packet(0x0a, { value: "v" }),
  packet(0x0b, { extras: words(0) }),
  packet(0x10, { key: "k", extras: words(0) }),
];

test("a binary client's malformed packets are answered as memcached answers them", async () => {
  await using memcached = await MemcachedProcess.start();
  await using text = await memcached.client();
  for (const bytes of REFUSED) {
    await using binary = await memcached.client();
    const what = [...bytes].join(" ");
    const direct = await askedDirectly(binary, bytes);
    assert(direct !== "", what);
    assertEquals(
      readPackets((await askedThrough(text, bytes, "meta"))!),
      readPackets(direct),
      what,
    );
  }
});

test("a binary client's requests without a key are answered as memcached answers them", async () => {
  await using memcached = await MemcachedProcess.start();
  await using text = await memcached.client();
  await using binary = await memcached.client();
  for (const bytes of keyless()) {
    const direct = await askedDirectly(binary, bytes);
    const ours = await askedThrough(text, bytes, "meta");
    assertEquals(readPackets(ours!), readPackets(direct), `opcode ${bytes[1]}`);
  }
});

function keyless(): Uint8Array[] {
  const groups = ["settings", "sizes", "slabs", "nosuch", "detail on", "detail off", "reset"];
  return [
    packet(0x08),
    packet(0x18),
    packet(0x08, { extras: words(0) }),
    packet(0x08, { extras: words(100) }),
    packet(0x18, { extras: words(FOREVER) }),
    packet(0x0a),
    packet(0x0b),
    ...groups.map((key) => packet(0x10, { key })),
  ];
}

test("a binary client's flush is refused where the server refuses it", async () => {
  await using memcached = await MemcachedProcess.start({ args: ["-m", "64", "-F"] });
  await using text = await memcached.client();
  await using binary = await memcached.client();
  for (const opcode of [0x08, 0x18]) {
    const direct = await askedDirectly(binary, packet(opcode));
    assertEquals(await askedThrough(text, packet(opcode), "meta"), direct);
  }
});

test("a binary client hears of a full memory in memcached's words", async () => {
  await using memcached = await MemcachedProcess.start({ args: ["-m", "2", "-M"] });
  await using text = await memcached.client();
  await using binary = await memcached.client();
  await fill(text);
  const requests = [
    packet(0x01, { key: "s", extras: STORE_EXTRAS, value: "x".repeat(20) }),
    packet(0x12, { key: "s", extras: STORE_EXTRAS, value: "x".repeat(20) }),
    packet(0x05, { key: "n1", extras: deltaExtras(1n, 0n, FOREVER) }),
    packet(0x15, { key: "new", extras: deltaExtras(1n, 0n, 0) }),
  ];
  for (const bytes of requests) {
    const direct = readPackets(await askedDirectly(binary, bytes));
    assertEquals(direct.map(({ status }) => status), [0x82], `opcode ${bytes[1]}`);
    const meta = await askedThrough(text, bytes, "meta");
    assertEquals(readPackets(meta!), direct, `opcode ${bytes[1]}`);
    const classic = await askedThrough(text, bytes, "classic");
    if (classic !== null) assertEquals(readPackets(classic), direct, `opcode ${bytes[1]}`);
  }
});

/** Stores one-digit numbers until the server has no room for another item of their size. */
async function fill(text: TextClient): Promise<void> {
  const block = 2000;
  for (let from = 0; from < 30 * block; from += block) {
    let lines = "";
    for (let number = from; number < from + block; number++) {
      lines += `set n${number} 0 0 1 noreply\r\n9\r\n`;
    }
    const answer = await text.ask(`${lines}ms last${from} 1\r\n9\r\nmn\r\n`, "MN\r\n");
    if (answer.includes("SERVER_ERROR out of memory")) return;
  }
  throw new Error("memcached never ran out of memory");
}
