/**
 * What one flag of a command line is.
 */

/** What a flag is called, what it takes, what it does, and how help words it. */
export interface Flag<Target> {
  /** Long names without dashes; help shows all of them, messages the one that was written. */
  readonly names: readonly [string, ...string[]];
  /** The single letter, where magent had one. */
  readonly letter?: string;
  /** What help calls the value; a flag without it takes none. */
  readonly value?: string;
  /** The only values, where that is a short list. */
  readonly words?: readonly string[];
  readonly help: string;
  /** Shown by help. */
  readonly defaultText?: string;
  /**
   * Throws `InvalidValue`. A flag that repeats is set once per occurrence, counted by
   * `position`; of any other only the last occurrence counts, as getopt programs have it.
   * Absent where the command line itself acts on the flag.
   */
  readonly set?: (target: Target, value: string, position: number) => void;
  readonly repeats?: true;
  /** The value that counts, as it would be written; absent where what was written tells. */
  readonly show?: (target: Target) => string;
}

/** Flags that belong together, under the heading that help gives them. */
export interface FlagGroup<Target> {
  readonly heading: string;
  readonly flags: readonly Flag<Target>[];
}
