/** Random and mutated packets: nothing throws or hangs, and cuts change nothing. */

import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Request } from "../../src/message/request.ts";
import { BINARY_OPCODES } from "../../src/protocol/binary_codes.ts";
import { BinaryRequestParser } from "../../src/protocol/binary_request_parser.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import { writeRequest } from "../../src/protocol/classic_request_writer.ts";
import { Input } from "../../src/protocol/input.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import { Parsed, type RequestParser } from "../../src/protocol/request_parser.ts";
import { packet } from "../support/binary_packets.ts";
import { toText } from "../support/latin1.ts";
import { LIMITS, parsedPackets, STREAM_BYTES } from "../support/parsed_packets.ts";
import { forSeeds, type SeededRandom } from "../support/seeded_random.ts";

const SEEDS = 3000;
const PACKETS_MAX = 6;
const MUTATIONS_MAX = 4;
const LENGTHS = [0, 1, 2, 20, STREAM_BYTES - 1, STREAM_BYTES, STREAM_BYTES + 1, 186, 187, 250, 251];

/** A packet that its opcode may have, more or less. */
function randomPacket(random: SeededRandom): Uint8Array {
  const { code, kind } = random.pick(BINARY_OPCODES);
  const extras = random.chance(0.95) ? random.pick(kind.extras) : random.below(30);
  const hasKey = kind.key !== "none" || random.chance(0.02);
  const hasValue = kind.value || random.chance(0.02);
  return packet(random.chance(0.97) ? code : random.below(256), {
    extras: randomBytes(random, extras),
    key: hasKey ? randomText(random) : "",
    value: hasValue ? randomText(random) : "",
    cas: random.chance(0.3) ? BigInt(random.below(2 ** 32)) << BigInt(random.below(33)) : 0n,
    opaque: random.below(2 ** 32),
  });
}

function randomBytes(random: SeededRandom, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.chance(0.5) ? 0 : random.below(256));
}

function randomText(random: SeededRandom): string {
  const plain = random.chance(0.7);
  const length = random.chance(0.8) ? 1 + random.below(12) : random.pick(LENGTHS);
  let text = "";
  for (let at = 0; at < length; at++) {
    text += plain ? "k" : String.fromCharCode(random.below(256));
  }
  return text;
}

/** What a client sends: packets in a row, some bytes wrong, maybe cut short. */
function randomStream(random: SeededRandom): Uint8Array {
  const packets = Array.from({ length: 1 + random.below(PACKETS_MAX) }, () => randomPacket(random));
  const bytes = Uint8Array.from(packets.flatMap((each) => [...each]));
  if (random.chance(0.5)) return bytes;
  for (let mutation = random.below(MUTATIONS_MAX); mutation >= 0; mutation--) {
    bytes[random.below(bytes.length)] = random.below(256);
  }
  return random.chance(0.3) ? bytes.slice(0, random.below(bytes.length)) : bytes;
}

/** The bytes in pieces of random length. */
function cut(random: SeededRandom, bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const longest = random.pick([1, 3, 30, 300]);
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.below(longest);
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return pieces;
}

test("BinaryRequestParser finds the same in random packets however they are cut", () => {
  let requests = 0;
  let refusals = 0;
  forSeeds(SEEDS, (random) => {
    const bytes = randomStream(random);
    const whole = parsedPackets([bytes]);
    for (const found of whole) {
      if (/^\d/.test(found)) requests++;
      if (/^(answer|close)/.test(found)) refusals++;
    }
    assertEquals(parsedPackets(cut(random, bytes)), whole);
  });
  // A fuzzer that only ever meets refusals, or none, tests nothing.
  assert(requests > SEEDS / 2 && refusals > SEEDS / 10, `${requests} and ${refusals}`);
});

test("BinaryRequestParser composes lines that a text client could have sent", () => {
  let compared = 0;
  forSeeds(SEEDS, (random) => {
    const bytes = randomPacket(random);
    const binary = read(new BinaryRequestParser(LIMITS), bytes);
    if (binary === null) return;
    const text = read(new ClassicRequestParser(LIMITS), textOf(binary));
    assertEquals(text === null ? "refused" : textWords(text), textWords(binary));
    compared++;
  });
  assert(compared > SEEDS / 2, `${compared}`);
});

/** The one request in these bytes; null where they are refused. */
function read(parser: RequestParser, bytes: Uint8Array): Request | null {
  const input = new Input();
  const request = new Request();
  input.append(bytes);
  if (parser.next(input, request) !== Parsed.Request) return null;
  if (request.body === null) assertEquals(input.length, 0, textWords(request));
  return request;
}

/** The bytes of a text client; of a value in parts only the line. */
function textOf(request: Request): Uint8Array {
  const out = new OutputBuffer();
  writeRequest(out, request);
  return out.view();
}

/** What routes and servers see of a request. */
function textWords(request: Request): string {
  const { command, bytes, lineStart, lineEnd, flags, exptime, body } = request;
  const value = toText(request.valueBytes, request.valueStart, request.valueEnd);
  const line = toText(bytes, lineStart, lineEnd);
  const numbers = command.shape === "metaSet" || command.shape === "metaGet"
    ? [flags, exptime]
    : [];
  return JSON.stringify([command.id, line, request.keyText(), value, numbers, body?.left ?? null]);
}
