/** Lines of clients in classic text and meta, whole conversations of them. */

import type { SeededRandom } from "../../tests/support/seeded_random.ts";
import { randomBytes, randomKey, randomNumber, randomValue } from "./random_words.ts";

const STORES = ["set", "add", "replace", "append", "prepend"];
const META_FLAGS = [..."bcfhklqstvEIxNRTMCDJFPLSOZ"];
const MODES = [..."EAPRSIDseX"];
const BARE = [
  "version",
  "mn",
  "stats",
  "stats reset",
  "quit",
  "flush_all",
  "flush_all 0",
  "verbosity 1",
  "shutdown",
  "me a b",
  "GET / HTTP/1.1",
  "",
  "g",
];
/** A line this long comes whole in one piece on a runtime with large read buffers. */
const HUGE_BYTES = 200_000;

type Maker = (random: SeededRandom) => string;

const MAKERS: readonly Maker[] = [
  (random) => `${random.pick(["get", "gets", "bget"])} ${keys(random)}`,
  (random) => `${random.pick(["gat", "gats"])} ${randomNumber(random)} ${keys(random)}`,
  (random) => store(random, random.pick(STORES), ""),
  (random) => store(random, "cas", ` ${randomNumber(random)}`),
  (random) => `${random.pick(["incr", "decr", "touch"])} ${randomKey(random)} ${number(random)}`,
  (random) => `delete ${randomKey(random)}${random.pick(["", " 0", " 1"])}${silence(random)}`,
  (random) => random.pick(BARE),
  (random) => `${random.pick(["mg", "md", "ma"])} ${randomKey(random)}${flags(random)}`,
  (random) => metaStore(random),
  (random) =>
    `${random.pick(["mg", "stats", "get", "x"])} k ${"O".repeat(random.below(HUGE_BYTES))}`,
];
const HUGE = MAKERS.length - 1;
const HUGE_CHANCE = 0.0003;

/** Up to four lines with their values. */
export function textRequestBytes(random: SeededRandom): string {
  if (random.chance(0.01)) return randomBytes(random, random.below(200));
  let text = "";
  for (let left = 1 + random.below(4); left > 0; left--) {
    const maker = random.chance(HUGE_CHANCE) ? HUGE : random.below(HUGE);
    text += `${MAKERS[maker](random)}${random.chance(0.9) ? "\r\n" : "\n"}`;
  }
  return text;
}

function keys(random: SeededRandom): string {
  let text = randomKey(random);
  for (let more = random.below(4); more > 0; more--) text += ` ${randomKey(random)}`;
  return text;
}

function silence(random: SeededRandom): string {
  return random.chance(0.2) ? " noreply" : "";
}

function number(random: SeededRandom): string {
  return `${randomNumber(random)}${silence(random)}`;
}

function store(random: SeededRandom, name: string, cas: string): string {
  const { length, value } = block(random);
  const line = `${randomNumber(random)} ${randomNumber(random)} ${length}${cas}${silence(random)}`;
  return `${name} ${randomKey(random)} ${line}\r\n${value}`;
}

function metaStore(random: SeededRandom): string {
  const { length, value } = block(random);
  return `ms ${randomKey(random)} ${length}${flags(random)}\r\n${value}`;
}

/** A value and what is said of its length: mostly the truth. */
function block(random: SeededRandom): { length: string; value: string } {
  const length = random.chance(0.8) ? random.below(20) : random.pick([63, 64, 65, 66, 300]);
  const told = random.chance(0.9) ? `${length}` : randomNumber(random);
  return { length: told, value: randomValue(random, length) };
}

function flags(random: SeededRandom): string {
  let text = "";
  for (let left = random.chance(0.02) ? 22 : random.below(6); left > 0; left--) {
    text += ` ${flag(random)}`;
  }
  return text;
}

function flag(random: SeededRandom): string {
  const letter = random.pick(META_FLAGS);
  if (letter === "O") return `O${"x".repeat(random.pick([0, 1, 32, 33]))}`;
  if (letter === "M") return `M${random.pick(MODES)}`;
  return letter >= "A" && letter <= "Z" ? `${letter}${randomNumber(random)}` : letter;
}
