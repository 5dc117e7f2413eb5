/** Random meta commands on the keys of `random_commands.ts`, right and wrong ones. */

import { RANDOM_KEYS, type SeededRandom } from "./random_commands.ts";

const TIMES = ["T0", "T100", "T100", "T-1"];
const MARKS = ["q", "k", "O1", "c", "t", "s", "f"];
const WRONG = ["!", "v v", "Tx", "C", "Dx", "N", "R", "O", `O${"o".repeat(33)}`, "MX", "b", "Fx"];

/**
 * No number above 2^63: for those memcached looks for a minus sign, and does so past the end
 * of the value, in whatever lies there.
 */
const VALUES = ["7", "12", "abc", "", "9999999999999999"];

/** One command with its data; `t` is the only answer that depends on when it is asked. */
export function randomMetaCommand(random: SeededRandom): string {
  const key = random.pick(RANDOM_KEYS);
  switch (random.below(6)) {
    case 0:
    case 1:
      return `mg ${key}${flags(random, ["v", "N30", "R30", "u", "h", ...TIMES, ...MARKS])}\r\n`;
    case 2:
      return store(random, key);
    case 3:
      return `md ${key}${flags(random, ["I", "T100", "C3", "q", "k", "O1"])}\r\n`;
    case 4:
      return `ma ${key}${
        flags(random, ["N0", "J13", "D7", "MD", "v", "T100", "q", "k", "O1", "c", "t"])
      }\r\n`;
    default:
      return random.pick([`me ${key}x\r\n`, "mn\r\n", `mg ${btoa(key)} b k v\r\n`]);
  }
}

function store(random: SeededRandom, key: string): string {
  const value = random.pick(VALUES);
  const modes = ["ME", "MA", "MP", "MR", "MS", "C5", "I C9", "I", ...TIMES];
  return `ms ${key} ${value.length}${flags(random, [...modes, ...MARKS, "F5"])}\r\n${value}\r\n`;
}

/** Up to four of them, now and then a wrong one. */
function flags(random: SeededRandom, choices: readonly string[]): string {
  const picked = Array.from({ length: random.below(5) }, () => random.pick(choices));
  if (random.below(25) === 0) picked.push(random.pick(WRONG));
  return picked.map((flag) => ` ${flag}`).join("");
}
