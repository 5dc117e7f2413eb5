/** The version of magent; `deno.json` and `package.json` carry the same number, and a test compares. */
export const VERSION = "1.0.0";
