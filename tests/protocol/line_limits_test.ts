import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Request } from "../../src/message/request.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import { Parsed } from "../../src/protocol/request_parser.ts";
import { Input } from "../../src/protocol/input.ts";
import { toBytes } from "../support/latin1.ts";
import { parsePieces, TEST_LIMITS } from "./client_bytes.ts";

const { lineBytes, getLineBytes } = TEST_LIMITS;
const TOO_LONG = "close CLIENT_ERROR line too long\r\n";

/** A get line of exactly this many bytes, its line end included. */
function getLine(length: number, name = "get"): string {
  const keys = (length - name.length - 2) / 2;
  return `${name}${" k".repeat(Math.floor(keys))}${keys % 1 === 0 ? "" : " "}\r\n`;
}

test("ClassicRequestParser closes, without a word, at a line without end", () => {
  assertEquals(parsePieces(["x".repeat(lineBytes)]), [`rest ${lineBytes}`]);
  assertEquals(parsePieces(["x".repeat(lineBytes + 1)]), ["close "]);
  assertEquals(parsePieces([..."x".repeat(lineBytes + 1)]), ["close "]);
  assertEquals(parsePieces([`gat 0 ${"k ".repeat(lineBytes / 2)}`]), ["close "]);
  assertEquals(parsePieces([`getx ${"k ".repeat(lineBytes / 2)}`]), ["close "]);
});

test("ClassicRequestParser takes get lines up to their own limit", () => {
  for (const name of ["get", "gets", "  get"]) {
    const line = getLine(getLineBytes, name);
    assertEquals(line.length, getLineBytes);
    const keys = line.trim().split(/ +/).length - 1;
    assertEquals(parsePieces([line]).length, keys, name);
    assertEquals(parsePieces([line.slice(0, -1), "\n"]).length, keys, name);
    assertEquals(parsePieces([...line]).length, keys, name);
  }
});

test("ClassicRequestParser names a get line beyond its limit, and closes", () => {
  for (const name of ["get", "gets", " get"]) {
    const line = getLine(getLineBytes + 1, name);
    assertEquals(parsePieces([line]), [TOO_LONG]);
    assertEquals(parsePieces([line.slice(0, -1), "\n"]), [TOO_LONG]);
    assertEquals(parsePieces([...line]), [TOO_LONG]);
  }
});

test("ClassicRequestParser tells of a long line also behind a silent request", () => {
  const parser = new ClassicRequestParser(TEST_LIMITS);
  const input = new Input();
  const request = new Request();
  input.append(toBytes(`set k 0 0 1 noreply\r\nv\r\nget ${"k".repeat(getLineBytes)}`));
  assertEquals(parser.next(input, request), Parsed.Request);
  assertEquals(parser.next(input, request), Parsed.Close);
  assertEquals(request.silent, false);
});

test("ClassicRequestParser does not read a long word again with every piece of it", () => {
  let reads = 0;
  const bytes = toBytes(`get ${"k".repeat(100_000)}`);
  const input = new Input();
  input.append(bytes);
  input.bytes = new Proxy(bytes, {
    get(target, name) {
      if (/^\d+$/.test(String(name))) reads++;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const parser = new ClassicRequestParser({ ...TEST_LIMITS, getLineBytes: 1 << 20 });
  assertEquals(parser.next(input, new Request()), Parsed.More);
  assertEquals(reads < 1000, true, `${reads} bytes`);
});
