/** Packets as requests: every opcode, every cut, and what is wrong with a packet. */

import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Request } from "../../src/message/request.ts";
import { BINARY_OPCODES, binaryOpcode } from "../../src/protocol/binary_codes.ts";
import { BinaryRequestParser } from "../../src/protocol/binary_request_parser.ts";
import { Input } from "../../src/protocol/input.ts";
import { Parsed } from "../../src/protocol/request_parser.ts";
import { deltaExtras, OPAQUE, packet, words } from "../support/binary_packets.ts";
import { LIMITS, parsedPackets, STREAM_BYTES } from "../support/parsed_packets.ts";

function only(bytes: Uint8Array): string {
  const found = parsedPackets([bytes]);
  assertEquals(found.length, 1);
  return found[0].replace(/^\d+ \d+ /, "");
}

const STORE_EXTRAS = words(0, 0);
const BIG = 0xffff_ffff_ffff_fff0n;

/** Packets of every opcode that the table has, and what they become. */
const TRANSLATIONS: readonly (readonly [bytes: Uint8Array, request: string])[] = [
  [packet(0x00, { key: "k" }), "k gets k| / gets"],
  [packet(0x09, { key: "k" }), "k gets k| / gets quiet"],
  [packet(0x0c, { key: "k" }), "k gets k| / gets"],
  [packet(0x0d, { key: "k" }), "k gets k| / gets quiet"],
  [packet(0x00, { key: "a b" }), "a b mg YSBi v f c b| / -"],
  [packet(0x00, { key: "\0" }), "\0 mg AA== v f c b| / -"],
  [packet(0x00, { key: "\t\x01\xff" }), "\t\x01\xff gets \t\x01\xff| / gets"],
  [packet(0x01, { key: "k", extras: STORE_EXTRAS, value: "val" }), "k ms k 3 c|val / set"],
  [packet(0x01, { key: "k", extras: STORE_EXTRAS }), "k ms k 0 c| / set"],
  [
    packet(0x01, { key: "k", extras: words(0xffffffff, 60), value: "v" }),
    "k ms k 1 F4294967295 T60 c|v / set",
  ],
  [
    packet(0x01, { key: "k", extras: words(0, 0x7fffffff), value: "v" }),
    "k ms k 1 T2147483647 c|v / set",
  ],
  [packet(0x01, { key: "k", extras: words(0, 0x80000000), value: "v" }), "k ms k 1 c|v / set"],
  [
    packet(0x01, { key: "k", extras: STORE_EXTRAS, value: "v", cas: 7n }),
    "k ms k 1 c C7|v* / cas",
  ],
  [
    packet(0x01, { key: "\n", extras: STORE_EXTRAS, value: "v", cas: BIG }),
    "\n ms Cg== 1 c C18446744073709551600 b|v* / -",
  ],
  [packet(0x11, { key: "k", extras: STORE_EXTRAS, value: "v" }), "k ms k 1 c|v / set quiet"],
  [
    packet(0x02, { key: "k", extras: STORE_EXTRAS, value: "v" }),
    "k ms k 1 c ME|v* / add",
  ],
  [
    packet(0x12, { key: "k", extras: STORE_EXTRAS, value: "v", cas: 9n }),
    "k ms k 1 c C9|v* / cas quiet",
  ],
  [
    packet(0x03, { key: "k", extras: STORE_EXTRAS, value: "v" }),
    "k ms k 1 c MR|v* / replace",
  ],
  [
    packet(0x13, { key: "k", extras: STORE_EXTRAS, value: "v" }),
    "k ms k 1 c MR|v* / replace quiet",
  ],
  [packet(0x0e, { key: "k", value: "v" }), "k ms k 1 c MA|v* / append"],
  [
    packet(0x19, { key: "k", value: "v", cas: 1n }),
    "k ms k 1 c MA C1|v* / - quiet",
  ],
  [packet(0x0f, { key: "k", value: "v" }), "k ms k 1 c MP|v* / prepend"],
  [
    packet(0x1a, { key: "k", value: "v" }),
    "k ms k 1 c MP|v* / prepend quiet",
  ],
  [packet(0x04, { key: "k" }), "k md k| / delete"],
  [packet(0x14, { key: "k", cas: 5n }), "k md k C5|* / - quiet"],
  [
    packet(0x05, { key: "k", extras: deltaExtras(5n, 1n, 0xffffffff) }),
    "k ma k MI D5 v c| / incr",
  ],
  [
    packet(0x15, { key: "k", extras: deltaExtras(BIG, BIG, 0), cas: 3n }),
    `k ma k MI D${BIG} v c N0 J${BIG} C3| / - quiet`,
  ],
  [
    packet(0x06, { key: "k", extras: deltaExtras(1n << 53n, 0n, 100) }),
    "k ma k MD D9007199254740992 v c N100 J0| / -",
  ],
  [
    packet(0x16, { key: "k", extras: deltaExtras(1n, 0n, 0xfffffffe) }),
    "k ma k MD D1 v c N0 J0| / - quiet",
  ],
  [packet(0x1c, { key: "k", extras: words(0) }), "k mg k f c T0|* / touch"],
  [packet(0x1d, { key: "k", extras: words(9) }), "k gats 9 k| / gats"],
  [packet(0x1e, { key: "k", extras: words(0xffffffff) }), "k gats 0 k| / gats quiet"],
  [packet(0x23, { key: "k", extras: words(9) }), "k gats 9 k| / gats"],
  [packet(0x24, { key: " ", extras: words(9) }), "  mg IA== v f c T9 b|* / - quiet"],
  [packet(0x07), " quit| / quit"],
  [packet(0x17), " quit| / quit quiet"],
  [packet(0x08), " flush_all| / flush_all"],
  [packet(0x08, { extras: words(0) }), " flush_all 0| / flush_all"],
  [packet(0x18, { extras: words(0xffffffff) }), " flush_all 2147483647| / flush_all quiet"],
  [packet(0x0a, { cas: 12n }), " mn| / mn"],
  [packet(0x0b), " version| / version"],
  [packet(0x10), " stats| / stats"],
  [packet(0x10, { key: "detail on" }), " stats detail on| / stats"],
  [packet(0x1b, { extras: words(2) }), " verbosity 2| / verbosity"],
  [packet(0x20), "answer 32 129 Unknown command"],
  [packet(0x21, { key: "PLAIN", value: "\0u\0p" }), "answer 33 129 Unknown command"],
  [packet(0x22, { key: "PLAIN", value: "\0u\0p" }), "answer 34 129 Unknown command"],
];

test("BinaryRequestParser translates every opcode of the table", () => {
  for (const [bytes, request] of TRANSLATIONS) assertEquals(only(bytes), request);
  const tried = new Set(TRANSLATIONS.map(([bytes]) => bytes[1]));
  assertEquals(BINARY_OPCODES.filter((row) => !tried.has(row.code)).map((row) => row.name), []);
});

test("BinaryRequestParser finds the same wherever the packets are cut", () => {
  const follower = packet(0x0a, { opaque: 1 });
  for (const [bytes] of TRANSLATIONS) {
    const both = Uint8Array.from([...bytes, ...follower]);
    const whole = parsedPackets([both]);
    assertEquals(whole.length, 2);
    for (let cut = 1; cut < both.length; cut++) {
      assertEquals(parsedPackets([both.slice(0, cut), both.slice(cut)]), whole, `cut at ${cut}`);
    }
    assertEquals(parsedPackets([...both].map((byte) => Uint8Array.of(byte))), whole);
  }
});

test("BinaryRequestParser keeps opcode and opaque", () => {
  assertEquals(parsedPackets([packet(0x1e, { key: "k", extras: words(1) })])[0].split(" ", 2), [
    `${0x1e}`,
    `${OPAQUE}`,
  ]);
});

test("BinaryRequestParser says where key and value lie in the chunk", () => {
  const parser = new BinaryRequestParser(LIMITS);
  const input = new Input();
  const request = new Request();
  const chunk = packet(0x01, { key: "key", extras: words(3, 4), value: "value" });
  input.append(chunk);
  assertEquals(parser.next(input, request), Parsed.Request);
  assert(request.keyBytes === chunk && request.valueBytes === chunk);
  assertEquals([request.keyStart, request.keyEnd], [32, 35]);
  assertEquals([request.valueStart, request.valueEnd], [35, 40]);
  assertEquals([request.flags, request.exptime, request.made], [3, 4, false]);
});

test("BinaryRequestParser hands a long value on in parts, with the line end of text", () => {
  const value = "x".repeat(STREAM_BYTES + 1);
  const bytes = packet(0x01, { key: "k", extras: STORE_EXTRAS, value });
  const both = Uint8Array.from([...bytes, ...packet(0x0a)]);
  const whole = parsedPackets([both]);
  assertEquals(whole, [
    `1 ${OPAQUE} k ms k 65 c| / set`,
    `${value}\r\n`,
    `10 ${OPAQUE}  mn| / mn`,
  ]);
  for (let cut = 1; cut < both.length; cut++) {
    assertEquals(parsedPackets([both.slice(0, cut), both.slice(cut)]), whole, `cut at ${cut}`);
  }
});

/** Packets that are refused while the client stays. */
const REFUSED: readonly (readonly [bytes: Uint8Array, answer: string])[] = [
  [packet(0x1f), "answer 31 129 Unknown command"],
  [packet(0x40, { key: "kk", extras: words(1), value: "v" }), "answer 64 129 Unknown command"],
  [packet(0xff, { value: "x".repeat(300) }), "answer 255 129 Unknown command"],
  [packet(0x00, { key: " ".repeat(187) }), "answer 0 4 Invalid arguments"],
  [
    packet(0x11, { key: `${"a".repeat(249)}\0`, extras: STORE_EXTRAS, value: "x".repeat(100) }),
    "answer 17 4 Invalid arguments",
  ],
  [packet(0x10, { key: "a\r\nflush_all" }), "answer 16 1 Not found"],
];

test("BinaryRequestParser answers a refused packet and reads on behind it", () => {
  for (const [bytes, answer] of REFUSED) {
    const both = Uint8Array.from([...bytes, ...packet(0x0b)]);
    const whole = [answer, `11 ${OPAQUE}  version| / version`];
    assertEquals(parsedPackets([both]), whole);
    for (let cut = 1; cut < both.length; cut++) {
      assertEquals(parsedPackets([both.slice(0, cut), both.slice(cut)]), whole, `cut at ${cut}`);
    }
  }
});

test("BinaryRequestParser takes the longest keys that a server takes", () => {
  assertEquals(only(packet(0x04, { key: "k".repeat(250) })).length, 250 + 3 + 1 + 250 + 10);
  const line = only(packet(0x04, { key: " ".repeat(186) })).slice(187);
  assertEquals(line.split(" ")[1].length, 248);
});

/** Packets after which nothing can be told. */
const HOPELESS: readonly (readonly [bytes: Uint8Array, answer: string])[] = [
  [packet(0x00, { key: "k", magic: 0x81 }), "close "],
  [packet(0x00, { key: "abc", bodyLength: 2 }), "close 0 129 Unknown command"],
  [packet(0x1d, { key: "abc", extras: words(1), bodyLength: 6 }), "close 29 129 Unknown command"],
  [packet(0x40, { bodyLength: 1, extrasLength: 2 }), "close 64 129 Unknown command"],
  [packet(0x00, { key: "k".repeat(251) }), "close 0 4 Invalid arguments"],
  [packet(0x40, { key: "k".repeat(251) }), "close 64 4 Invalid arguments"],
  [
    packet(0x01, { key: "k", extras: STORE_EXTRAS, bodyLength: 0xffffffff }),
    "close 1 3 Too large.",
  ],
];

test("BinaryRequestParser gives up on a packet whose lengths cannot be", () => {
  for (const [bytes, answer] of HOPELESS) {
    assertEquals(parsedPackets([bytes]), [answer]);
    assertEquals(parsedPackets([...bytes].map((byte) => Uint8Array.of(byte))), [answer]);
  }
});

test("BinaryRequestParser gives up on lengths that the opcode does not have", () => {
  for (const { code, kind, name } of BINARY_OPCODES) {
    for (const extrasLength of [0, 1, 4, 8, 20]) {
      for (const key of ["", "k"]) {
        for (const value of ["", "v"]) {
          const right = kind.extras.includes(extrasLength) &&
            (kind.key === "may" || (kind.key === "must") === (key !== "")) &&
            (kind.value || value === "");
          const bytes = packet(code, { extras: new Uint8Array(extrasLength), key, value });
          const [found] = parsedPackets([bytes]);
          const what = `${name} ${extrasLength} "${key}" "${value}"`;
          assertEquals(found === `close ${code} 4 Invalid arguments`, !right, what);
        }
      }
    }
  }
});

test("binaryOpcode knows the opcodes of the table and no other", () => {
  for (let code = 0; code < 256; code++) {
    assertEquals(binaryOpcode(code), BINARY_OPCODES.find((row) => row.code === code) ?? null);
  }
});
