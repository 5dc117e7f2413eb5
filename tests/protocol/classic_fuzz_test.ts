import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { forSeeds, type SeededRandom } from "../support/seeded_random.ts";
import { BAD, GOOD, LARGE } from "./classic_requests.ts";
import { parsePieces } from "./client_bytes.ts";
import { repliesIn } from "./server_bytes.ts";

const REQUESTS = [...GOOD, ...BAD, ...LARGE].map(([sent]) => sent);
const REPLIES = [
  "STORED\r\n",
  "END\r\n",
  "12\r\n",
  "SERVER_ERROR out of memory\r\n",
  "VALUE k 0 3\r\nabc\r\n",
  "VALUE k 5 3 77\r\nabc\r\nEND\r\n",
  `VALUE k 0 65\r\n${"x".repeat(65)}\r\n`,
  "VA 3 f5 t-1\r\nabc\r\n",
  "EN\r\n",
];
const BYTES = "\0\r\n\t  0159-+azAZ\x80\xff";

/** Some of these texts, one after the other, and a few bytes of them changed. */
function mutated(texts: readonly string[], random: SeededRandom): string {
  let stream = "";
  for (let count = 1 + random.below(6); count > 0; count--) stream += random.pick(texts);
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(stream.length);
    const cut = random.below(3);
    const put = random.chance(0.6) ? random.pick([...BYTES]) : "";
    stream = stream.slice(0, at) + put + stream.slice(at + cut);
  }
  return stream;
}

function noise(random: SeededRandom): string {
  return Array.from({ length: 1 + random.below(300) }, () => random.pick([...BYTES])).join("");
}

/** The stream in pieces of random length. */
function cut(stream: string, random: SeededRandom): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < stream.length;) {
    const length = 1 + random.below(random.pick([2, 20, 200]));
    pieces.push(stream.slice(at, at + length));
    at += length;
  }
  return pieces;
}

function inPieces(read: (pieces: string[]) => string[], texts: readonly string[]) {
  return (random: SeededRandom): void => {
    const stream = random.chance(0.2) ? noise(random) : mutated(texts, random);
    if (stream === "") return;
    const whole = read([stream]);
    assertEquals(read(cut(stream, random)), whole, JSON.stringify(stream));
    assertEquals(read([...stream]), whole, JSON.stringify(stream));
  };
}

// A line that is longer than the limit is judged by how much of it has come.
const LONG_LINES = { lineBytes: 1 << 20, getLineBytes: 1 << 20, streamBytes: 64 };

test("ClassicRequestParser finds the same however rubbish is cut, and comes to an end", () => {
  forSeeds(3000, inPieces((pieces) => parsePieces(pieces, LONG_LINES), REQUESTS));
});

test("ClassicReplyParser finds the same however rubbish is cut, and comes to an end", () => {
  forSeeds(3000, inPieces(repliesIn, REPLIES));
});
