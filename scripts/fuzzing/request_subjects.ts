/** The two request parsers as subjects of the fuzzer. */

import { BinaryRequestParser } from "../../src/protocol/binary_request_parser.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import type { ParserLimits } from "../../src/protocol/request_parser.ts";
import { toBytes } from "../../tests/support/latin1.ts";
import type { SeededRandom } from "../../tests/support/seeded_random.ts";
import { binaryRequestBytes, noisePacket } from "./binary_request_bytes.ts";
import { mutate } from "./mutate.ts";
import { RequestRun } from "./request_run.ts";
import { CUT_BYTES_MAX, type FuzzInput, type Subject } from "./subject.ts";
import { textRequestBytes } from "./text_request_bytes.ts";

/** Values longer than `streamBytes` come in parts: short enough to happen often. */
const LIMITS: ParserLimits = { lineBytes: CUT_BYTES_MAX, getLineBytes: 8192, streamBytes: 64 };
const MUTATED_CHANCE = 0.6;

/** Classic text and meta. */
export const TEXT_REQUESTS: Subject = {
  name: "requests",
  make: (random) => input(random, textRequestBytes(random)),
  shrinks: () => true,
  run: ({ bytes }, cuts) => new RequestRun(new ClassicRequestParser(LIMITS)).read(bytes, cuts),
};

/** The binary protocol. */
export const BINARY_REQUESTS: Subject = {
  name: "binary",
  make: (random) => {
    const noise = random.chance(0.05);
    return input(random, noise ? noisePacket(random) : binaryRequestBytes(random));
  },
  shrinks: () => true,
  run: ({ bytes }, cuts) => new RequestRun(new BinaryRequestParser(LIMITS)).read(bytes, cuts),
};

function input(random: SeededRandom, text: string): FuzzInput {
  const bytes = toBytes(text);
  return { head: "", bytes: random.chance(MUTATED_CHANCE) ? mutate(random, bytes) : bytes };
}
