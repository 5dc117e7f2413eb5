/** The keys of the restore benchmark: what they are called, hold, and whether clients change them. */

const VALUE_BYTES = 100;
/** Flags and times to live: never, an hour, a day, ten days. */
const WORDS = ["0 0", "7 3600", "65535 86400", "1 864000"];

/** The name of a key. */
export function keyName(at: number): string {
  return `restore:${at}`;
}

/** Even keys are only read, so that each read of them must be a hit. */
export function isStable(at: number): boolean {
  return at % 2 === 0;
}

/** A command that stores the key; some hold numbers, to be counted up. */
export function storeCommand(at: number): string {
  const value = valueOf(at);
  return `set ${keyName(at)} ${WORDS[at % WORDS.length]} ${value.length}\r\n${value}\r\n`;
}

/** What a stable key holds. */
export function valueOf(at: number): string {
  return isNumber(at) ? "1000" : `${at}:`.padEnd(VALUE_BYTES, "v");
}

/** Holds a number. */
export function isNumber(at: number): boolean {
  return at % 10 === 1;
}
