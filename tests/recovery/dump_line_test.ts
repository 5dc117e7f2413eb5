import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { DumpLine } from "../../src/recovery/dump_line.ts";
import { toBytes, toText } from "../support/latin1.ts";

const REST = "cas=1 fetch=no cls=1 size=70";

/** What a line says, read from the middle of other bytes. */
function read(text: string): unknown[] {
  const line = new DumpLine();
  const bytes = toBytes(`=\n${text}\nEND`);
  const word = line.read(bytes, 2, 2 + text.length);
  if (word !== "key") return [word];
  return [toText(line.bytes.subarray(line.keyStart, line.keyEnd)), line.lastUse, line.itemBytes];
}

test("DumpLine reads the key, its last use and its size, whatever follows", () => {
  assertEquals(read(`key=abc exp=-1 la=1700000000 ${REST}`), ["abc", 1700000000, 70]);
  assertEquals(read(`key=abc exp=1800000000 la=7 ${REST}\r`), ["abc", 7, 70]);
  assertEquals(read(`key=abc exp=-1 la=7 ${REST} flags=123`), ["abc", 7, 70]);
  assertEquals(read("key=a exp=0 la=7"), ["a", 7, 0]);
});

test("DumpLine decodes keys with bytes that a line cannot hold", () => {
  const key = String.fromCharCode(...Array.from({ length: 250 }, (_, at) => at));
  const encoded = Array.from(toBytes(key), (byte) => `%${byte.toString(16).padStart(2, "0")}`);
  assertEquals(read(`key=${encoded.join("")} exp=-1 la=3 ${REST}`), [key, 3, 70]);
  assertEquals(read(`key=a%20b%2Fc%2f exp=-1 la=3 ${REST}`), ["a b/c/", 3, 70]);
});

test("DumpLine tells how a dump ends", () => {
  assertEquals(["END", "END\r", "BUSY currently", "OK", ""].map((text) => read(text)[0]), [
    "complete",
    "complete",
    "busy",
    "nothing",
    "nothing",
  ]);
});

test("DumpLine takes what it does not know for a refusal", () => {
  const long = "k".repeat(256);
  const lines = [
    "ERROR",
    "BADCLASS invalid class id",
    "E",
    "ENDED",
    "key=",
    "key=abc",
    "key=abc exp=-1",
    "key= exp=-1 la=1",
    `key=${long} exp=-1 la=1`,
    `key=%20${long} exp=-1 la=1`,
  ];
  for (const line of lines) assertEquals(read(line), ["refused"], line);
});
