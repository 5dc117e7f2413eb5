/** Stops the program where only a mistake of ours can have led. */
export function assert(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${text}`);
}
