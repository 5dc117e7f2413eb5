/** What one server said to `stats GROUP`, as names and values. */

/** Names and values in their order; null when the text is no complete answer. */
export function parseStatsAnswer(text: string): Map<string, string> | null {
  const lines = text.split(/\r?\n/);
  // Behind the line end of the last line there is one empty piece more.
  if (lines.pop() !== "" || lines.pop() !== "END") return null;
  const values = new Map<string, string>();
  for (const line of lines) {
    const match = /^STAT (\S+) ?(.*)$/.exec(line);
    if (match === null) return null;
    values.set(match[1], match[2]);
  }
  return values;
}
