/** Packets of clients in the binary protocol, whole conversations of them. */

import { BINARY_OPCODES } from "../../src/protocol/binary_codes.ts";
import { packet, type PacketFields } from "../../tests/support/binary_packets.ts";
import { toText } from "../../tests/support/latin1.ts";
import type { SeededRandom } from "../../tests/support/seeded_random.ts";
import { randomBytes, randomKey, randomValue } from "./random_words.ts";

const LENGTHS = [0, 1, 23, 24, 250, 251, 255, 0xffff];
const BODY_LENGTHS = [0, 1, 250, 300, 0x7fffffff, 0x80000000, 0xffffffff];

/** Up to four packets. */
export function binaryRequestBytes(random: SeededRandom): string {
  let text = "";
  for (let left = 1 + random.below(4); left > 0; left--) text += randomPacket(random);
  return text;
}

function randomPacket(random: SeededRandom): string {
  const { code, kind } = random.pick(BINARY_OPCODES);
  const opcode = random.chance(0.97) ? code : random.below(256);
  const extrasLength = random.chance(0.97) ? random.pick(kind.extras) : random.below(256);
  const keyed = kind.key === "must" || (kind.key === "may" && random.chance(0.5));
  const extras = Uint8Array.from({ length: extrasLength }, () => extrasByte(random));
  const fields: PacketFields = {
    extras,
    opaque: random.below(2 ** 32),
    cas: random.chance(0.8) ? 0n : BigInt(random.pick([1, 7, 2 ** 52])),
    ...(keyed !== random.chance(0.02) ? { key: randomKey(random) } : {}),
    ...(kind.value !== random.chance(0.02) ? { value: value(random) } : {}),
    ...lies(random),
  };
  return toText(packet(opcode, fields));
}

function value(random: SeededRandom): string {
  return randomValue(
    random,
    random.chance(0.8) ? random.below(20) : random.pick([63, 64, 65, 300]),
  );
}

function extrasByte(random: SeededRandom): number {
  return random.chance(0.7) ? 0 : random.pick([1, 0x7f, 0x80, 0xff]);
}

/** Now and then a head that does not fit what follows. */
function lies(random: SeededRandom): PacketFields {
  if (random.chance(0.93)) return {};
  switch (random.below(4)) {
    case 0:
      return { keyLength: random.pick(LENGTHS) };
    case 1:
      return { extrasLength: random.pick(LENGTHS) & 0xff };
    case 2:
      return { bodyLength: random.pick(BODY_LENGTHS) };
    default:
      return { magic: random.pick([0x80, 0x81, 0, 0x67, random.below(256)]) };
  }
}

/** A packet of nothing but chance. */
export function noisePacket(random: SeededRandom): string {
  return `\x80${randomBytes(random, 23 + random.below(40))}`;
}
