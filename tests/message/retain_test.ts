import { test } from "node:test";
import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { GET, SET } from "../../src/message/command.ts";
import { failedReply, Reply } from "../../src/message/reply.ts";
import { Request } from "../../src/message/request.ts";
import { hitOf } from "../support/fake_destination.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { parsedRequest, TEST_STREAM_BYTES, writtenRequest } from "../support/parsed_request.ts";

const LINES = [
  "get key\r\n",
  "get a b c\r\n",
  "gat 5 key\r\n",
  "set key 3 60 5\r\nvalue\r\n",
  "set key 3 60 5 noreply\r\nvalue\r\n",
  "cas key 0 0 5 99 noreply\r\nvalue\r\n",
  "set key 0 0 0\r\n\r\n",
  "incr key 7 noreply\r\n",
  "delete key noreply\r\n",
  "flush_all\r\n",
  "flush_all 5 noreply\r\n",
  `set key 0 0 ${TEST_STREAM_BYTES + 1}\r\n`,
];

test("Request.retain gives a copy that owns its bytes", () => {
  for (const line of LINES) {
    const request = parsedRequest(line);
    const fields = (of: Request) => ({
      written: writtenRequest(of),
      key: of.command.scope === "key" ? of.keyText() : "",
      silent: of.silent,
      last: of.last,
      flags: of.flags,
      exptime: of.exptime,
      value: toText(of.valueBytes, of.valueStart, of.valueEnd),
    });
    const before = fields(request);
    const copy = request.retain();
    request.bytes.fill(0x3f);
    assertEquals(fields(copy), before, line);
    assertEquals(fields(copy.retain()), before, line);
    assertStrictEquals(copy.body, request.body);
    assertNotStrictEquals(copy.bytes, request.bytes);
  }
});

test("Request.retain keeps a request of our own, with key and value of different owners", () => {
  const key = toBytes("<key>");
  const value = toBytes("<value>");
  const request = new Request().make(SET, key, 1, 4);
  Object.assign(request, { flags: 3, exptime: 60, valueBytes: value, valueStart: 1, valueEnd: 6 });
  const copy = request.retain();
  key.fill(0);
  value.fill(0);
  assertEquals(writtenRequest(copy), "set key 3 60 5\r\nvalue\r\n");
});

test("Request.make forgets what the object said before", () => {
  const request = parsedRequest("set key 3 60 5 noreply\r\nvalue\r\n");
  request.make(GET, toBytes("other"), 0, 5);
  assertEquals(writtenRequest(request), "get other\r\n");
  const { silent, last, flags, exptime, body, valueLength } = request;
  assertEquals({ silent, last, flags, exptime, body, valueLength }, {
    silent: false,
    last: true,
    flags: 0,
    exptime: 0,
    body: null,
    valueLength: 0,
  });
});

test("Reply.retain gives a copy that owns its bytes, offsets included", () => {
  const hit = hitOf("value", { key: "key", flags: 7, ttl: 60 });
  const framed = new Reply();
  Object.assign(framed, hit);
  framed.bytes = toBytes(`<<<<${toText(hit.bytes)}>>>>`);
  for (const field of ["end", "keyStart", "keyEnd", "valueStart", "valueEnd"] as const) {
    framed[field] = hit[field] + 4;
  }
  framed.start = 4;
  const copy = framed.retain();
  framed.bytes.fill(0x3f);
  assertEquals(toText(copy.bytes, copy.start, copy.end), "VALUE key 7 5\r\nvalue\r\n");
  assertEquals(toText(copy.bytes, copy.keyStart, copy.keyEnd), "key");
  assertEquals(toText(copy.bytes, copy.valueStart, copy.valueEnd), "value");
  assertEquals([copy.status, copy.flags, copy.ttl], [hit.status, 7, 60]);
});

test("failedReply says in magent's words whether the server was reached", () => {
  const texts = [
    ["refused", false, "CAN NOT CONNECT TO BACKEND SERVER a:1: refused"],
    ["request timeout", true, "BACKEND SERVER a:1: request timeout"],
    ["overload", false, "BACKEND SERVER a:1: overload"],
  ] as const;
  for (const [reason, inDoubt, text] of texts) {
    const reply = failedReply(reason, "a:1", inDoubt);
    assertEquals(toText(reply.bytes), `SERVER_ERROR ${text}\r\n`);
    assertEquals(reply.failure, { reason, inDoubt });
  }
});

test("Request.retain keeps a key that lies outside the line, also of a copy", () => {
  const request = new Request();
  request.clear(SET, toBytes("ms key 5"));
  request.lineEnd = request.bytes.length;
  request.keyBytes = request.valueBytes = toBytes("..key.value");
  request.keyStart = 2;
  request.keyEnd = 5;
  request.valueStart = 6;
  request.valueEnd = 11;

  const copy = request.retain().retain();

  assertEquals(toText(copy.bytes, copy.lineStart, copy.lineEnd), "ms key 5");
  assertEquals(copy.keyText(), "key");
  assertEquals(toText(copy.valueBytes, copy.valueStart, copy.valueEnd), "value");
});
