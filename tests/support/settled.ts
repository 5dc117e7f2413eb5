/**
 * Resolves when every promise that can settle by itself has settled: fakes settle theirs in
 * microtasks, and all microtasks run before the next timer.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
