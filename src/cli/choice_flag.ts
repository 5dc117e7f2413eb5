/**
 * Flags whose value is one word of a short list.
 */

import { defaultSettings, type Settings } from "../config/settings.ts";
import type { Flag } from "./flag.ts";
import { parseChoice } from "./parse_choice.ts";

type Field = "distribution" | "replication" | "onError" | "recover" | "onIncompleteJournal";

/** A flag for one choice of the settings; its default is theirs. */
export function choiceFlag<Chosen extends Field>(
  field: Chosen,
  options: {
    readonly name: string;
    readonly words: readonly Settings[Chosen][];
    readonly help: string;
  },
): Flag<Settings> {
  const { name, words, help } = options;
  return {
    names: [name],
    value: "NAME",
    words,
    help,
    defaultText: defaultSettings()[field],
    set: (settings, value) => settings[field] = parseChoice(value, { name, words }),
    show: (settings) => settings[field],
  };
}
