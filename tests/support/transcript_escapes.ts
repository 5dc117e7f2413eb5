/** What stands for bytes in a transcript. */

const ESCAPES: Readonly<Record<string, string>> = {
  "r": "\r",
  "n": "\n",
  "t": "\t",
  "0": "\0",
  "\\": "\\",
};

/** Turns escapes and repetitions into the bytes they stand for. */
export function expand(text: string): string {
  return text
    .replaceAll(/\\(x[0-9a-f]{2}|.)/g, (all, code: string) => {
      if (code.startsWith("x")) return String.fromCharCode(parseInt(code.slice(1), 16));
      const byte = ESCAPES[code];
      if (byte === undefined) throw new Error(`Cannot parse transcript: unknown escape "${all}"`);
      return byte;
    })
    .replaceAll(/\{(\d+)\*([^}]+)\}/g, (_, count, part: string) => part.repeat(Number(count)));
}
