import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Request } from "../../src/message/request.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import { Parsed } from "../../src/protocol/request_parser.ts";
import { Input } from "../../src/protocol/input.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { BAD, type Example, GOOD, LARGE } from "./classic_requests.ts";
import { everyCut, parsePieces, TEST_LIMITS } from "./client_bytes.ts";

const EXAMPLES: readonly Example[] = [...GOOD, ...BAD, ...LARGE];

test("ClassicRequestParser reads a line that comes whole", () => {
  for (const [sent, ...found] of EXAMPLES) assertEquals(parsePieces([sent]), found, sent);
});

test("ClassicRequestParser reads a line that comes byte by byte", () => {
  for (const [sent, ...found] of EXAMPLES) assertEquals(parsePieces([...sent]), found, sent);
});

test("ClassicRequestParser reads a line that is cut anywhere", () => {
  for (const [sent, ...found] of EXAMPLES) {
    for (const pieces of everyCut(sent)) {
      assertEquals(parsePieces(pieces), found, JSON.stringify(pieces));
    }
  }
});

test("ClassicRequestParser reads all lines in one stream, cut anywhere", () => {
  const lines = EXAMPLES.filter(([, first]) => !first.startsWith("close"))
    .filter(([sent]) => sent.endsWith("\n"));
  const stream = lines.map(([sent]) => sent).join("");
  const found = lines.flatMap(([, ...rest]) => rest);
  assertEquals(parsePieces([stream]), found);
  assertEquals(parsePieces([...stream]), found);
  for (const size of [2, 3, 7, 64, 1000]) {
    assertEquals(parsePieces(stream.match(new RegExp(`[^]{1,${size}}`, "g"))!), found);
  }
});

test("ClassicRequestParser finds a line whose end comes after a single get was cut", () => {
  assertEquals(parsePieces(["get k\r", "\nquit\r\n"]), ["get k\r\n", "quit\r\n"]);
});

test("ClassicRequestParser gives flags, exptime and value of a storage line", () => {
  const request = parsedRequest("set key 4294967295 -7 3 noreply\r\nabc\r\n");
  const { flags, exptime, silent, last, body, valueBytes, valueStart, valueEnd } = request;
  assertEquals({ flags, exptime, silent, last, body }, {
    flags: 4294967295,
    exptime: -7,
    silent: true,
    last: true,
    body: null,
  });
  assertEquals(request.keyText(), "key");
  assertEquals(toText(valueBytes, valueStart, valueEnd), "abc");
});

test("ClassicRequestParser hands out a value beyond streamBytes as a body", () => {
  assertEquals(parsedRequest(`set k 0 0 64\r\n${"x".repeat(64)}\r\n`).body, null);
  assertEquals(parsedRequest("set k 0 0 65\r\n").body!.left, 67);
  assertEquals(parsedRequest("set k 0 0 2147483645\r\n").body!.left, 2147483647);
});

test("ClassicRequestParser says how many bytes a value needs", () => {
  const parser = new ClassicRequestParser(TEST_LIMITS);
  const input = new Input();
  const line = "set k 0 0 10\r\n";
  input.append(toBytes(`get a\r\n${line}abc`));
  const request = new Request();
  assertEquals(parser.next(input, request), Parsed.Request);
  assertEquals(parser.next(input, request), Parsed.More);
  assertEquals(input.need, line.length + 12);
});
