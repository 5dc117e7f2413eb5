/**
 * Values that are one word of a short list.
 */

import { InvalidValue } from "../config/invalid_value.ts";

/** Reads one of the words; `name` is for the message. */
export function parseChoice<Word extends string>(
  text: string,
  options: { name: string; words: readonly Word[] },
): Word {
  for (const word of options.words) if (word === text) return word;
  const list = options.words.map((word) => `"${word}"`).join(" or ");
  throw new InvalidValue(`${options.name} must be ${list}`);
}
