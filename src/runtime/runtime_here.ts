/** Picks the adapter of the runtime we run on. */

import type { Runtime } from "./runtime.ts";

/** The runtime we run on; the other one's adapter is never loaded. */
export async function runtimeHere(): Promise<Runtime> {
  const adapter = "Bun" in globalThis ? await import("./bun.ts") : await import("./deno.ts");
  return adapter.createRuntime();
}
