/**
 * The pauses of a garbage collector, as a runtime prints them.
 *
 *   deno --v8-flags=--trace-gc:  … Scavenge 33.8 (41.1) -> 27.5 (41.1) MB, …, 0.23 / 0.00 ms …
 *   BUN_JSC_logGC=1 bun:         [GC<0x4b>: START M 6087kb => EdenCollection, … p=2.63ms (max 2.63) …
 *
 * What V8 marks in small steps between two pauses is not in its number, nor what JavaScriptCore does
 * on other threads. The times are of the clock on the wall: whoever takes the core makes them longer.
 */

/** How the two runtimes are made to print their pauses, and how these look. */
export const PAUSE_TRACES = {
  deno: {
    // Lines would come by the 4 KiB otherwise, long after the pauses.
    command: ([program, run, ...rest]: readonly string[]) => [
      ...["stdbuf", "-oL"],
      program,
      run,
      "--v8-flags=--trace-gc",
      ...rest,
    ],
    pause: /(?:Scavenge|Mark-Compact).* MB, .*?([\d.]+) \/ [\d.]+ ms/g,
  },
  bun: {
    command: (command: readonly string[]) => ["env", "BUN_JSC_logGC=1", ...command],
    pause: /\bp=([\d.]+)ms/g,
  },
} as const;

/** The runtimes whose pauses are known. */
export type TracedRuntime = keyof typeof PAUSE_TRACES;

/** All pauses in what a runtime printed, in ms. */
export function readPauses(runtime: TracedRuntime, printed: string): number[] {
  return [...printed.matchAll(PAUSE_TRACES[runtime].pause)].map(([, text]) => Number(text));
}
