import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { BinaryRequestParser } from "../../src/protocol/binary_request_parser.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import { detectProtocol } from "../../src/protocol/detect_protocol.ts";

const LIMITS = { lineBytes: 2048, getLineBytes: 4096, streamBytes: 8192 };

test("detectProtocol takes the magic byte of a request for binary, and every other one for text", () => {
  for (let first = 0; first < 256; first++) {
    const { binary, parser } = detectProtocol(first, LIMITS);
    assertEquals(binary, first === 0x80);
    assertEquals(parser instanceof (binary ? BinaryRequestParser : ClassicRequestParser), true);
  }
});
