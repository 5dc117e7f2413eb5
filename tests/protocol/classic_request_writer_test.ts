import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { type Command, DELETE, FETCH, GET, SET, TOUCH } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { toBytes } from "../support/latin1.ts";
import { parsedRequest, writtenRequest } from "../support/parsed_request.ts";
import { GOOD } from "./classic_requests.ts";
import { parsePieces } from "./client_bytes.ts";

function made(command: Command, fields: Partial<Request> = {}): string {
  const key = toBytes("get key\r\n");
  const value = toBytes("<a\r\nb>");
  const request = new Request().make(command, key, 4, 7);
  return writtenRequest(
    Object.assign(request, { valueBytes: value, valueStart: 1, valueEnd: 5 }, fields),
  );
}

test("writeRequest writes requests of our own", () => {
  assertEquals(made(GET), "get key\r\n");
  assertEquals(made(DELETE), "delete key\r\n");
  assertEquals(made(TOUCH, { exptime: -1 }), "touch key -1\r\n");
  assertEquals(made(FETCH), "mg key v f t c\r\n");
  assertEquals(
    made(SET, { flags: 4294967295, exptime: 60 }),
    "set key 4294967295 60 4\r\na\r\nb\r\n",
  );
  assertEquals(made(SET, { valueEnd: 1 }), "set key 0 0 0\r\n\r\n");
});

test("writeRequest writes what a parser reads again as the same", () => {
  for (const [, ...found] of GOOD) {
    const written = found.map((text) => text.replace(/ (silent|more keys)$/, ""));
    assertEquals(parsePieces([written.join("")]), written);
  }
});

test("writeRequest writes the line of a large value, and not the value", () => {
  assertEquals(writtenRequest(parsedRequest("set k 1 2 99 noreply\r\nxxx")), "set k 1 2 99\r\n");
});
