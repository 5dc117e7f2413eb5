/** Copies `source[start, end)` to `target` at `at`; plain arguments, because it is once per reply. */
export type CopyBytes = (
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
) => void;

/** Up to here a loop costs less than any call, bytes. */
export const SHORT_BYTES = 48;

/** The way that every runtime has; some have a better one for what is long (`Runtime`). */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start > SHORT_BYTES) {
    target.set(source.subarray(start, end), at);
    return;
  }
  for (let from = start; from < end; from++) target[at++] = source[from];
}
