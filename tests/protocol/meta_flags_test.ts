import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { toText } from "../support/latin1.ts";
import { parsedRequest } from "../support/parsed_request.ts";

function echo(line: string): string {
  const { echo } = parsedRequest(`${line}\r\n`);
  return toText(echo);
}

test("readMetaFlags keeps what an answer repeats, in the order of the line", () => {
  assertEquals(echo("mg key v"), "");
  assertEquals(echo("mg key v O12 k"), " O12 kkey");
  assertEquals(echo("mg key k q O12 v"), " kkey O12");
  assertEquals(echo("mg YQ== b k O"), " kYQ== b O");
});

test("readMetaFlags takes an opaque that is longer than a call has arguments", () => {
  const opaque = `O${"x".repeat(200_000)}`;
  assertEquals(echo(`mg key ${opaque} v`), ` ${opaque}`);
});
