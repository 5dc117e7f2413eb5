/** The ways in which a server's answer can be spoilt, by name. */

import type { SeededRandom } from "./seeded_random.ts";

/** What is said in place of an honest answer, piece by piece, and what follows. */
export interface Spoilt {
  readonly say: readonly string[];
  readonly then: "go on" | "close" | "silence";
}

/** Spoils one chunk of answers. */
export type Malice = (honest: string, random: SeededRandom) => Spoilt;

/** A malice that says something else, and goes on. */
function says(spoil: (honest: string, random: SeededRandom) => string): Malice {
  return (honest, random) => ({ say: [spoil(honest, random)], then: "go on" });
}

/** A malice that puts another number where the length of a value stands. */
function lies(lengthOf: (length: number) => number | string): Malice {
  return says((honest) =>
    honest
      .replace(/^(VALUE \S+ \d+) (\d+)/gm, (_, head, length) => `${head} ${lengthOf(+length)}`)
      .replace(/^VA (\d+)/gm, (_, length) => `VA ${lengthOf(+length)}`)
  );
}

function noise(random: SeededRandom): string {
  const codes = Array.from({ length: 1 + random.below(3000) }, () => random.below(256));
  return String.fromCharCode(...codes);
}

/** Values in the opposite order. */
function reversed(honest: string): string {
  const values = honest.match(/VALUE [^\r]+\r\n[^\r]*\r\n/g) ?? [];
  return [...values.reverse(), honest.replace(/VALUE [^\r]+\r\n[^\r]*\r\n/g, "")].join("");
}

/** All of them. */
export const MALICES: Readonly<Record<string, Malice>> = {
  "rubbish": says(() => "HELLO WORLD\r\n"),
  "noise": says((_, random) => noise(random)),
  "nothing": () => ({ say: [], then: "silence" }),
  "half, then the end": (honest) => ({
    say: [honest.slice(0, honest.length >> 1)],
    then: "close",
  }),
  "half, then silence": (honest) => ({
    say: [honest.slice(0, honest.length >> 1)],
    then: "silence",
  }),
  "byte by byte": (honest) => ({ say: [...honest], then: "go on" }),
  "another key": says((honest) => honest.replace(/^VALUE \S+/gm, "VALUE stranger")),
  "values in the opposite order": says(reversed),
  "all of it twice": says((honest) => honest + honest),
  "an END more": says((honest) => `${honest}END\r\n`),
  "an END less": says((honest) => honest.replace("END\r\n", "")),
  "nothing but END": says(() => "END\r\n"),
  "STORED to everything": says(() => "STORED\r\n"),
  "a value nobody asked for": says((honest) => `VALUE stranger 0 1\r\nx\r\nEND\r\n${honest}`),
  "the beginning of a later value": says((honest) => `${honest}VALUE stranger 0 1\r\nx`),
  "a length too short": lies((length) => length - 1),
  "a length too long": lies((length) => length + 1),
  "a length of 1e12": lies(() => 1e12),
  "a length of 4 GiB": lies(() => 2 ** 32 - 1),
  "a negative length": lies((length) => -length),
  "a length without digits": lies(() => "many"),
  "NULs": says((honest) => `\0${honest}\0\0\0`),
  "a thousand times ERROR": says(() => "ERROR\r\n".repeat(1000)),
  "a line without end": says(() => "SERVER_ERROR ".padEnd(100_000, "x")),
  "a binary answer": says(() => `\x81${"\0".repeat(23)}`),
  "an HTTP answer": says(() => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
};
