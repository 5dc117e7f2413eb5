import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Reply } from "../../src/message/reply.ts";
import { Answer, ClassicReplyParser } from "../../src/protocol/classic_reply_parser.ts";
import { Input } from "../../src/protocol/input.ts";
import { toBytes, toText } from "../support/latin1.ts";
import { everyCut } from "./client_bytes.ts";
import { repliesIn, REPLY_STREAM_BYTES } from "./server_bytes.ts";

const LARGE = "x".repeat(REPLY_STREAM_BYTES + 1);
const LONG_KEY = "k".repeat(250);

const LINES = [
  ["STORED", "Stored"],
  ["NOT_STORED", "NotStored"],
  ["EXISTS", "Exists"],
  ["NOT_FOUND", "NotFound"],
  ["DELETED", "Deleted"],
  ["TOUCHED", "Touched"],
  ["OK", "Ok"],
  ["VERSION 1.6.18", "Ok"],
  ["EN", "Miss"],
  ["ERROR", "Refused"],
  ["ERROR unknown command", "Refused"],
  ["CLIENT_ERROR bad data chunk", "Refused"],
  ["SERVER_ERROR out of memory storing object", "ServerError"],
  ["SERVER_ERROR", "ServerError"],
  ["0", "Number"],
  ["18446744073709551615", "Number"],
  ["9  ", "Number"],
] as const;

const VALUES: readonly (readonly [string, ...string[]])[] = [
  ["END\r\n", "END"],
  ["VALUE k 5 3\r\nabc\r\nEND\r\n", "value k 5 abc", "END"],
  ["VALUE k 4294967295 0\r\n\r\n", "value k 4294967295 "],
  ["VALUE k 5 3 77\r\nabc\r\nEND\r\n", "value k 5 abc", "END"],
  [
    "VALUE a 0 5\r\nEND\r\n\r\nVALUE b 0 1\r\nb\r\nEND\r\n",
    "value a 0 END\r\n",
    "value b 0 b",
    "END",
  ],
  [`VALUE ${LONG_KEY} 0 1\r\nv\r\n`, `value ${LONG_KEY} 0 v`],
  ["VA 3 f5 t-1\r\nabc\r\n", "fetched 5 -1 abc"],
  ["VA 0 f0 t2592001\r\n\r\nEN\r\n", "fetched 0 2592001 ", "Miss EN\r\n"],
  [`VALUE k 0 64\r\n${"x".repeat(64)}\r\n`, `value k 0 ${"x".repeat(64)}`],
  [`VALUE k 7 65\r\n${LARGE}\r\nEND\r\n`, `large k 7 ${LARGE}\r\n`, "END"],
  [`VALUE k 7 65 12\r\n${LARGE}\r\nSTORED\r\n`, `large k 7 ${LARGE}\r\n`, "Stored STORED\r\n"],
];

const EXAMPLES = [
  ...LINES.map(([line, status]) => [`${line}\r\n`, `${status} ${line}\r\n`]),
  ...VALUES,
];

test("ClassicReplyParser reads a reply that comes whole", () => {
  for (const [sent, ...found] of EXAMPLES) assertEquals(repliesIn([sent]), found, sent);
});

test("ClassicReplyParser reads a reply that comes byte by byte or cut anywhere", () => {
  for (const [sent, ...found] of EXAMPLES) {
    assertEquals(repliesIn([...sent]), found, sent);
    for (const pieces of everyCut(sent)) assertEquals(repliesIn(pieces), found);
  }
});

test("ClassicReplyParser reads all replies in one stream, cut anywhere", () => {
  const stream = EXAMPLES.map(([sent]) => sent).join("");
  const found = EXAMPLES.flatMap(([, ...rest]) => rest);
  assertEquals(repliesIn([stream]), found);
  for (const size of [1, 2, 3, 7, 64, 1000]) {
    assertEquals(repliesIn(stream.match(new RegExp(`[^]{1,${size}}`, "g"))!), found);
  }
});

test("ClassicReplyParser gives the whole line as what a client may get", () => {
  const parser = new ClassicReplyParser(REPLY_STREAM_BYTES);
  const input = new Input();
  const reply = new Reply();
  input.append(toBytes("VALUE k 5 3 77\r\nabc\r\nVALUE k 0 65\r\n"));
  assertEquals(parser.next(input, reply), Answer.Value);
  assertEquals(toText(reply.bytes, reply.start, reply.end), "VALUE k 5 3 77\r\nabc\r\n");
  assertEquals(parser.next(input, reply), Answer.LargeValue);
  assertEquals(toText(reply.bytes, reply.start, reply.end), "VALUE k 0 65\r\n");
  assertEquals(parser.valueLeft, 67);
});

test("ClassicReplyParser calls nonsense what no server says", () => {
  const nonsense = [
    "\r\n",
    "\n",
    "STORED\n",
    "STOREDX\r\n",
    "STORE\r\n",
    "stored\r\n",
    "END\n",
    "EXD\r\n",
    "ENDX\r\n",
    "12x\r\n",
    "-1\r\n",
    "1 2\r\n",
    "VALUE\r\n",
    "VALUE k 0\r\nabc\r\n",
    "VALUE k x 3\r\nabc\r\n",
    "VALUE k 0 x\r\nabc\r\n",
    "VALUE k 0 -1\r\nabc\r\n",
    "VALUE k 0 3\nabc\r\n",
    "VALUE k 0 3 x\r\nabc\r\n",
    "VALUE k 0 3\r\nabcd\r\n",
    "VALUE a\r\nb 0 3\r\nabc\r\n",
    "VALXX k 0 3\r\nabc\r\n",
    "VALUE k  3\r\nabc\r\n",
    "VALUE k 0 \r\n\r\n",
    "VALUE k 0 99999999999\r\nabc\r\n",
    "VA 99999999999 f0 t0\r\nabc\r\n",
    "VALUE k 0 3\r\nabc\n\n",
    `VALUE ${LONG_KEY}k 0 1\r\nv\r\n`,
    "VA x f0 t0\r\nabc\r\n",
    "VA 3 f0 t0\nabc\r\n",
    "VA 3 f0 t0\r\nabcd\r\n",
    "GET / HTTP/1.1\r\n",
    "\x81\x00\x00\x00\r\n",
    "x".repeat(2049),
  ];
  // Some of it shows only when no end comes.
  const more = "x".repeat(2048);
  for (const sent of nonsense) {
    const what = JSON.stringify(sent.slice(0, 60));
    assertEquals(repliesIn([sent + more]), ["nonsense"], what);
    assertEquals(repliesIn([...sent, ...more]), ["nonsense"], what);
  }
});
