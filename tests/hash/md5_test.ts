import { createHash } from "node:crypto";
import { test } from "node:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { Md5 } from "../../src/hash/md5.ts";
import { keyRange } from "./key_range.ts";

/** The test suite of RFC 1321, appendix A.5. */
const PUBLISHED: readonly (readonly [message: string, digest: string])[] = [
  ["", "d41d8cd98f00b204e9800998ecf8427e"],
  ["a", "0cc175b9c0f1b6a831c399e269772661"],
  ["abc", "900150983cd24fb0d6963f7d28e17f72"],
  ["message digest", "f96b697d7cb7938d525a2f31aaf161d0"],
  ["abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"],
  [
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "d174ab98d277d9f5a5611c2c9f419d9f",
  ],
  ["1234567890".repeat(8), "57edf4a22be3c955ac49da2e2107b67a"],
];

/** The digest in the usual notation, words turned back into bytes. */
function hexDigest(md5: Md5, message: string | Uint8Array): string {
  const { bytes, start, end } = keyRange(message);
  const view = new DataView(new ArrayBuffer(16));
  for (const [index, word] of md5.digest(bytes, start, end).entries()) {
    view.setUint32(index * 4, word, true);
  }
  return Array.from(new Uint8Array(view.buffer), (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

test("Md5 gives the digests of RFC 1321", () => {
  const md5 = new Md5();
  for (const [message, digest] of PUBLISHED) assertEquals(hexDigest(md5, message), digest);
});

test("Md5 agrees with the runtime's own for every length around its blocks", () => {
  const md5 = new Md5();
  for (let length = 0; length <= 300; length++) {
    const message = Uint8Array.from({ length }, (_, index) => index * 151 + length * 31 & 0xff);
    assertEquals(hexDigest(md5, message), createHash("md5").update(message).digest("hex"));
  }
});

test("Md5 gives words that are unsigned and little-endian, as compiled implementations have them", () => {
  const md5 = new Md5();
  const vectors: [string | Uint8Array, number][] = [
    ["key:0", 2192279263],
    ["key:1", 1018217594],
    [new Uint8Array([0x6b, 0xc3, 0xa9]), 591721871],
    ["a", 3111502092],
  ];
  for (const [key, word] of vectors) {
    const { bytes, start, end } = keyRange(key);
    assertEquals(md5.digest(bytes, start, end)[0], word);
  }
});

test("Md5 returns the array it keeps", () => {
  const md5 = new Md5();
  const first = md5.digest(new Uint8Array([1]), 0, 1);
  assertStrictEquals(md5.digest(new Uint8Array([2]), 0, 1), first);
});
