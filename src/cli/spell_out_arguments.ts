/**
 * getopt's spellings of flags, all turned into one: `--name=value`.
 *
 *   -p12000  -p 12000  --port 12000  --port=12000   ->  --port=12000
 *   -Dkp12000                   ->  --foreground=true --ketama=true --port=12000
 *   -- rest                                         ->  -- rest
 *
 * `parseArgs` knows the last form. It takes `-p12000` for six flags, and a word
 * "true" after `--ketama` for its value.
 */

import { InvalidValue } from "../config/invalid_value.ts";
import type { Flag } from "./flag.ts";

/** The arguments in one spelling, and for each flag how its occurrences were written. */
export interface SpelledOut {
  readonly args: readonly string[];
  /** By the first long name of the flag, in the order of the occurrences: `-p`, `--port`. */
  readonly spellings: ReadonlyMap<string, readonly string[]>;
}

/** Throws `InvalidValue` for a flag without its value, or with one it does not take. */
export function spellOutArguments<Target>(
  args: readonly string[],
  flags: readonly Flag<Target>[],
): SpelledOut {
  return new Speller(flags).run(args);
}

/** Owned by: one call of `spellOutArguments`. */
class Speller {
  readonly #byName = new Map<string, Flag<never>>();
  readonly #byLetter = new Map<string, Flag<never>>();
  readonly #args: string[] = [];
  readonly #spellings = new Map<string, string[]>();

  constructor(flags: readonly Flag<never>[]) {
    for (const flag of flags) {
      for (const name of flag.names) this.#byName.set(name, flag);
      if (flag.letter !== undefined) this.#byLetter.set(flag.letter, flag);
    }
  }

  run(args: readonly string[]): SpelledOut {
    let index = 0;
    while (index < args.length) {
      const arg = args[index];
      if (arg === "--") {
        this.#args.push(...args.slice(index));
        break;
      }
      index += this.#takeOne(arg, args[index + 1]);
    }
    return { args: this.#args, spellings: this.#spellings };
  }

  /** Returns how many arguments were used up. */
  #takeOne(arg: string, next: string | undefined): 1 | 2 {
    if (arg.startsWith("--")) return this.#takeLong(arg, next);
    if (arg.startsWith("-") && arg !== "-") return this.#takeCluster(arg, next);
    this.#args.push(arg);
    return 1;
  }

  #takeLong(arg: string, next: string | undefined): 1 | 2 {
    const equals = arg.indexOf("=");
    const spelling = equals < 0 ? arg : arg.slice(0, equals);
    const flag = this.#byName.get(spelling.slice(2));
    if (flag === undefined) throw unknownFlag(spelling);
    const value = equals < 0 ? undefined : arg.slice(equals + 1);
    if (flag.value !== undefined) return this.#emitValue(flag, { spelling, value, next });
    if (value !== undefined) {
      throw new InvalidValue(
        `Cannot parse flag "${spelling}": flag takes no value: current value is "${value}"`,
      );
    }
    this.#emit(flag, spelling);
    return 1;
  }

  #takeCluster(arg: string, next: string | undefined): 1 | 2 {
    for (let at = 1; at < arg.length; at++) {
      const spelling = `-${arg[at]}`;
      const flag = this.#byLetter.get(arg[at]);
      if (flag === undefined) throw unknownFlag(spelling);
      if (flag.value !== undefined) {
        const value = at + 1 < arg.length ? arg.slice(at + 1) : undefined;
        return this.#emitValue(flag, { spelling, value, next });
      }
      this.#emit(flag, spelling);
    }
    return 1;
  }

  /** As getopt has it, the argument after the flag is its value even if it starts with a dash. */
  #emitValue(
    flag: Flag<never>,
    found: { spelling: string; value: string | undefined; next: string | undefined },
  ): 1 | 2 {
    const value = found.value ?? found.next ?? "";
    if (value === "") {
      throw new InvalidValue(`Cannot parse flag "${found.spelling}": ${flag.value} is missing`);
    }
    this.#emit(flag, found.spelling, value);
    return found.value === undefined ? 2 : 1;
  }

  #emit(flag: Flag<never>, spelling: string, value = "true"): void {
    const name = flag.names[0];
    this.#args.push(`--${name}=${value}`);
    const spellings = this.#spellings.get(name) ?? [];
    spellings.push(spelling);
    this.#spellings.set(name, spellings);
  }
}

function unknownFlag(spelling: string): InvalidValue {
  return new InvalidValue(`Cannot parse flag "${spelling}": no such flag, see "magent --help"`);
}
