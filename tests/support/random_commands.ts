/**
 * Random classic commands, the same ones for the same seed: right ones, wrong ones, silent
 * ones, on few keys, so that they meet.
 *
 * Left out is what two memcached 1.6.18 answer differently: `incr` of a value that is empty or
 * starts with a blank reads on behind it; a number that gets shorter keeps its length only when
 * no earlier answer still holds it; a key of a `get` that is too long makes memcached drop the
 * answers to the pipelined commands before it as well.
 */

const KEYS = 8;
const LARGE_BYTES = 300_000;
/** Above any number that a memcached of a test gets to, so that no guess is right. */
const NO_CAS = 1e15;

/** A small generator of pseudo-random numbers (mulberry32). */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** One of these. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

/** Every key that the commands use. */
export const RANDOM_KEYS: readonly string[] = Array.from({ length: KEYS }, (_, i) => `k${i}`);

type Maker = (random: SeededRandom, key: string, silent: string) => string;

/** The kinds of command; one that stands twice comes twice as often. */
const MAKERS: readonly Maker[] = [
  (random, key, silent) => storage(random, `set ${key}`, silent),
  (random, key, silent) => storage(random, `set ${key}`, silent),
  (random, key, silent) => storage(random, `add ${key}`, silent),
  (random, key, silent) => storage(random, `replace ${key}`, silent),
  (random, key, silent) => storage(random, `append ${key}`, silent),
  (random, key, silent) => storage(random, `prepend ${key}`, silent),
  (_, key, silent) => `cas ${key} 0 0 1 ${NO_CAS}${silent}\r\nc\r\n`,
  (random, key, silent) => `set ${key} 3 0 4${silent}\r\n${4000 + random.below(1000)}\r\n`,
  (random, key, silent) => `incr ${key} ${random.below(20)}${silent}\r\n`,
  (random, key, silent) => `decr ${key} ${random.below(20)}${silent}\r\n`,
  (_, key, silent) => `delete ${key}${silent}\r\n`,
  (random, key, silent) => `touch ${key} ${random.pick([0, 100, 100, -1])}${silent}\r\n`,
  (random, key) => `gat ${random.pick([0, 100, 100, -1])} ${key} ${random.pick(RANDOM_KEYS)}\r\n`,
  (_, key) => `get ${key}\r\n`,
  (_, key) => `get ${key}\r\n`,
  (random, key) => `get ${key} ${random.pick(RANDOM_KEYS)} none ${random.pick(RANDOM_KEYS)}\r\n`,
  (random, key, silent) => wrong(random, key, silent),
];

/** One command with its data. */
export function randomCommand(random: SeededRandom): string {
  if (random.below(100) === 0) return `flush_all${random.pick(["", " noreply"])}\r\n`;
  const silent = random.below(5) === 0 ? " noreply" : "";
  return random.pick(MAKERS)(random, random.pick(RANDOM_KEYS), silent);
}

function storage(random: SeededRandom, start: string, silent: string): string {
  const large = random.below(150) === 0;
  const length = large ? LARGE_BYTES : 1 + random.below(40);
  const value = random.pick(["a", "n", "x\r\n", "get k0\r\n", "\x80\xff"]).repeat(length)
    .slice(0, length);
  return `${start} ${random.below(1000)} 0 ${length}${silent}\r\n${value}\r\n`;
}

function wrong(random: SeededRandom, key: string, silent: string): string {
  return random.pick([
    "nonsense\r\n",
    `delete ${"x".repeat(251)}${silent}\r\n`,
    `incr ${key} x${silent}\r\n`,
    `touch ${key} x${silent}\r\n`,
    `set ${key} x 0 1${silent}\r\n`,
    `set ${key} 0 0 1${silent}\r\nlong\r\n`,
    `set ${key} 0 0 1048577${silent}\r\n${"y".repeat(1048577)}\r\n`,
    `get\r\n`,
    `\r\n`,
  ]);
}
