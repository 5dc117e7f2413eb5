const SHORT_BYTES = 48;

/** Copies `source[start, end)` to `target` at `at`; plain arguments, because it is once per reply. */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  // `set` costs a call and a subarray; a short loop is cheaper.
  if (end - start > SHORT_BYTES) {
    target.set(source.subarray(start, end), at);
    return;
  }
  for (let from = start; from < end; from++) target[at++] = source[from];
}
