/** Keys in base64: published values, every length, and what memcached takes and refuses. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { decodeBase64, encodeBase64 } from "../../src/protocol/base64.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";

/** RFC 4648, section 10. */
const PUBLISHED = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
] as const;

/** What a client may write as a key, and the key that memcached 1.6.18 takes it for. */
const READINGS: readonly (readonly [text: string, key: string | null])[] = [
  ["Zg==", "f"],
  ["Z!g=-=", "f"],
  ["Zg==Zm9v", "f"],
  ["=AAA", "\0\0"],
  ["A=AA", "\0\0"],
  ["Zg=", null],
  ["Zg", null],
  ["A===", null],
  ["====", null],
  ["!!!!", null],
];

function decoded(text: string): string | null {
  const key = decodeBase64(toBytes(text), 0, text.length);
  return key === null ? null : toText(key);
}

test("encodeBase64 and decodeBase64 agree with the published values", () => {
  for (const [plain, encoded] of PUBLISHED) {
    assertEquals(encodeBase64(toBytes(plain), 0, plain.length), encoded);
    if (plain !== "") assertEquals(decoded(encoded), plain);
  }
});

test("encodeBase64 and decodeBase64 keep every byte at every length", () => {
  const all = Uint8Array.from({ length: 260 }, (_, at) => at * 37);
  for (let length = 1; length <= 190; length++) {
    for (const start of [0, 3, 64]) {
      const text = encodeBase64(all, start, start + length);
      assertEquals(text.length, Math.ceil(length / 3) * 4);
      assertEquals(decodeBase64(toBytes(text), 0, text.length), all.slice(start, start + length));
    }
  }
});

test("decodeBase64 reads only its range", () => {
  assertEquals(decodeBase64(toBytes("xxZm9vyy"), 2, 6), toBytes("foo"));
});

test("decodeBase64 takes and refuses what memcached takes and refuses", async () => {
  await using memcached = await MemcachedProcess.start();
  await using client = await memcached.client();
  for (const [text, key] of READINGS) {
    assertEquals(decoded(text), key, text);
    if (key === null) {
      const answer = await client.ask(`md ${text} b\r\n`, "\r\n");
      assertEquals(answer, "CLIENT_ERROR invalid or duplicate flag\r\n", text);
      continue;
    }
    const canonical = encodeBase64(toBytes(key), 0, key.length);
    assertEquals(await client.ask(`ms ${canonical} 1 b\r\nv\r\n`, "\r\n"), "HD\r\n", text);
    assertEquals(await client.ask(`md ${text} b\r\n`, "\r\n"), "HD\r\n", text);
  }
});
