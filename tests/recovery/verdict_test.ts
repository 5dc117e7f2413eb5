import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { readIdentity } from "../../src/backend/identity.ts";
import { verdictOf } from "../../src/recovery/verdict.ts";

/** What a server says of itself, with this marker. */
function saying(marker: string | null) {
  return readIdentity(
    "STAT pid 7\r\nSTAT time 50\r\nSTAT uptime 5\r\nSTAT cmd_flush 0\r\n",
    marker,
  );
}

test("A server that is seen for the first time is what its marker says", () => {
  assertEquals(verdictOf(null, saying("5 45 up"), true), "same");
  assertEquals(verdictOf(null, saying("5 restoring"), true), "empty");
  assertEquals(verdictOf(null, saying(null), true), "empty");
  assertEquals(verdictOf(null, saying(null), false), "new");
});

test("A server whose placeholders may be left is restored by whoever has not seen them", () => {
  assertEquals(verdictOf(null, saying("5 settling"), true), "empty");
  assertEquals(verdictOf(saying("5 restoring"), saying("5 settling"), true), "same");
});
