/** The lines `STAT NAME VALUE` of an answer, by name. */

/** A name that comes twice keeps its last value. */
export function statValues(answer: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [, name, value] of answer.matchAll(/^STAT (\S+) ?(.*?)\r?$/gm)) {
    values.set(name, value);
  }
  return values;
}
