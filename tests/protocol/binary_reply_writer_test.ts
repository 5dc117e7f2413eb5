/** Packets of replies that no healthy server gives, and the rules of quiet requests. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { VERSION_COMMAND } from "../../src/message/command.ts";
import { failedReply, Reply, ReplyStatus } from "../../src/message/reply.ts";
import { BINARY_OPCODES, type BinaryOpcode } from "../../src/protocol/binary_codes.ts";
import { BinaryReplyWriter } from "../../src/protocol/binary_reply_writer.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import type { ReplyTag } from "../../src/protocol/reply_writer.ts";
import {
  OPAQUE,
  type ReadPacket,
  readPackets,
  replyPacket,
  words,
} from "../support/binary_packets.ts";
import { toBytes, toText } from "../support/latin1.ts";

const KEYED = BINARY_OPCODES.filter((row) =>
  row.kind.key === "must" && row.kind.shape !== "refused"
);

function tagOf(opcode: number, key = "key"): ReplyTag {
  const row = BINARY_OPCODES.find(({ code }) => code === opcode);
  return {
    command: row?.kind.command ?? VERSION_COMMAND,
    silent: false,
    quiet: row?.quiet ?? false,
    last: true,
    echo: new Uint8Array(0),
    opcode,
    opaque: OPAQUE,
    key: toBytes(key),
  };
}

function written(opcode: number, reply: Reply, errorsAsMisses = false): ReadPacket[] {
  const out = new OutputBuffer();
  new BinaryReplyWriter(errorsAsMisses).write(out, tagOf(opcode), reply);
  return readPackets(toText(out.view()));
}

function local(opcode: number, text: string): string {
  const out = new OutputBuffer();
  new BinaryReplyWriter(false).writeLocal(out, tagOf(opcode), toBytes(text));
  return toText(out.view());
}

/** A meta answer with a value and a cas number. */
function valueReply(value: string, cas: string, flags = 0): Reply {
  const reply = Reply.fixed(ReplyStatus.Hit, `VA ${value.length} c${cas}\r\n${value}\r\n`);
  reply.meta = true;
  reply.flags = flags;
  reply.casStart = `VA ${value.length} c`.length;
  reply.casEnd = reply.casStart + cas.length;
  reply.valueStart = reply.casEnd + 2;
  reply.valueEnd = reply.end - 2;
  return reply;
}

/** How a packet of an opcode is told: `quiet` where it is not. */
function toldOrQuiet(row: BinaryOpcode, reply: Reply): number | "quiet" {
  const [packet] = written(row.code, reply);
  return packet?.status ?? "quiet";
}

test("BinaryReplyWriter hides a quiet get's miss and a quiet change's success, and no error", () => {
  const statuses = {
    hit: valueReply("7", "3"),
    miss: Reply.fixed(ReplyStatus.Miss, "EN\r\n"),
    notFound: Reply.fixed(ReplyStatus.NotFound, "NF\r\n"),
    exists: Reply.fixed(ReplyStatus.Exists, "EX\r\n"),
    failed: failedReply("refused", "127.0.0.1:1", false),
    refused: Reply.fixed(ReplyStatus.Refused, "CLIENT_ERROR no\r\n"),
    serverError: Reply.fixed(ReplyStatus.ServerError, "SERVER_ERROR no\r\n"),
  };
  for (const row of KEYED) {
    const told = Object.fromEntries(
      Object.entries(statuses).map(([name, reply]) => [name, toldOrQuiet(row, reply)]),
    );
    assertEquals(told, {
      hit: row.quiet && !row.returnsValue ? "quiet" : 0,
      miss: row.quiet && row.returnsValue ? "quiet" : 1,
      notFound: row.quiet && row.returnsValue ? "quiet" : 1,
      exists: 2,
      failed: 0x86,
      refused: 4,
      serverError: 0x84,
    }, row.name);
  }
});

test("BinaryReplyWriter says why nobody answered", () => {
  const [packet] = written(0x01, failedReply("request timeout", "127.0.0.1:1", true));
  assertEquals(packet, {
    opcode: 0x01,
    status: 0x86,
    opaque: OPAQUE,
    cas: 0n,
    extras: "",
    key: "",
    value: "BACKEND SERVER 127.0.0.1:1: request timeout",
  });
});

test("BinaryReplyWriter tells failed reads as misses where that is wanted, but no change", () => {
  const failed = failedReply("ejected", "127.0.0.1:1", false);
  const told = KEYED.map((
    row,
  ) => [row.name, written(row.code, failed, true)[0]?.status ?? "quiet"]);
  const expected = KEYED.map((row) => {
    if (row.kind.shape !== "get") return [row.name, 0x86];
    return [row.name, row.quiet ? "quiet" : 1];
  });
  assertEquals(told, expected);
});

/** Error lines, and what a binary client is told. */
const REFUSALS: readonly (readonly [opcode: number, line: string, status: number, text: string])[] =
  [
    [0x00, "ERROR\r\n", 0x81, "Unknown command"],
    [0x01, "CLIENT_ERROR bad data chunk\r\n", 0x04, "Invalid arguments"],
    [0x05, "CLIENT_ERROR server has no meta commands\r\n", 0x83, "Not supported"],
    [0x01, "SERVER_ERROR object too large for cache\r\n", 0x03, "Too large."],
    [0x0e, "SERVER_ERROR out of memory storing object\r\n", 0x82, "Out of memory allocating item"],
    [0x05, "SERVER_ERROR out of memory\r\n", 0x82, "Out of memory incrementing value"],
    [0x00, "SERVER_ERROR too busy\r\n", 0x84, "too busy"],
  ];

test("BinaryReplyWriter gives the lines of servers their status", () => {
  for (const [opcode, line, status, text] of REFUSALS) {
    const kind = line.startsWith("SERVER_ERROR") ? ReplyStatus.ServerError : ReplyStatus.Refused;
    const [packet] = written(opcode, Reply.fixed(kind, line));
    assertEquals([packet.status, packet.value], [status, text], line);
  }
});

test("BinaryReplyWriter writes numbers and cas of 64 bits exactly", () => {
  for (const number of ["0", "9007199254740993", "18446744073709551615", "4294967296"]) {
    const [packet] = written(0x05, valueReply(number, number));
    assertEquals(packet.cas, BigInt(number));
    assertEquals(new DataView(toBytes(packet.value).buffer).getBigUint64(0), BigInt(number));
  }
  const padded = Reply.fixed(ReplyStatus.Number, "7  \r\n");
  padded.valueEnd = 3;
  assertEquals(written(0x06, padded)[0].value, "\0\0\0\0\0\0\0\x07");
});

test("BinaryReplyWriter forgets the cas of the reply before", () => {
  const out = new OutputBuffer();
  const writer = new BinaryReplyWriter(false);
  writer.write(out, tagOf(0x00), valueReply("v", "5"));
  const classic = Reply.fixed(ReplyStatus.Stored, "STORED\r\n");
  classic.casEnd = 3;
  writer.write(out, tagOf(0x01), classic);
  assertEquals(readPackets(toText(out.view())).map(({ cas }) => cas), [5n, 0n]);
});

test("BinaryReplyWriter begins a large value and leaves its line end out", () => {
  const head = valueReply("value", "6", 0xfedcba98);
  for (const { code, returnsKey } of KEYED.filter((row) => row.returnsValue)) {
    const out = new OutputBuffer();
    const writer = new BinaryReplyWriter(false);
    const left = writer.begin(out, tagOf(code), head);
    assertEquals(left, 5);
    out.append(head.bytes, head.valueStart, head.valueStart + left);
    writer.end();
    const key = returnsKey ? "key" : "";
    const whole = replyPacket(code, { extras: words(0xfedcba98), key, value: "value", cas: 6n });
    assertEquals(out.view(), whole);
  }
});

test("BinaryReplyWriter answers a touch without the large value that came with it", () => {
  const out = new OutputBuffer();
  const left = new BinaryReplyWriter(false).begin(out, tagOf(0x1c), valueReply("value", "6", 7));
  assertEquals(left, 0);
  assertEquals(out.view(), replyPacket(0x1c, { extras: words(7), cas: 6n }));
});

test("BinaryReplyWriter answers by itself in packets", () => {
  const empty = (opcode: number) => toText(replyPacket(opcode));
  assertEquals(local(0x0a, "MN\r\n"), empty(0x0a));
  assertEquals(local(0x07, ""), empty(0x07));
  assertEquals(local(0x17, ""), "");
  const version = toText(replyPacket(0x0b, { value: "1.6.18 x/1" }));
  assertEquals(local(0x0b, "VERSION 1.6.18 x/1\r\n"), version);
  assertEquals(local(-1, "\x81 as it is"), "\x81 as it is");
});

test("BinaryReplyWriter makes a packet of every line of stats", () => {
  const stat = (key: string, value: string) => toText(replyPacket(0x10, { key, value }));
  const end = toText(replyPacket(0x10));
  assertEquals(
    local(0x10, "STAT pid 1\r\nSTAT name a b \xe9\r\nSTAT empty \r\nSTAT bare\r\nEND\r\n"),
    stat("pid", "1") + stat("name", "a b \xe9") + stat("empty", "") + stat("bare", "") + end,
  );
  assertEquals(local(0x10, "END\r\n"), end);
  assertEquals(local(0x10, "RESET\r\n"), end);
  assertEquals(local(0x10, "STAT cut"), end);
  for (const text of ["ERROR\r\n", "", "SERVER_ERROR no\r\n"]) {
    assertEquals(local(0x10, text), toText(replyPacket(0x10, { status: 1, value: "Not found" })));
  }
});
