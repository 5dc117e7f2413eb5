/**
 * A proxy that weighs itself: a program of its own, because only the process knows its heap.
 *
 *   weighed_proxy.ts CONFIG, then signal USR2 -> collect garbage -> one line of JSON on standard output
 *
 * CONFIG is JSON, what differs from the defaults. On Deno it wants `--v8-flags=--expose-gc`.
 */

import process from "node:process";
import { DEFAULT_CONFIG, startProxy } from "../../mod.ts";
import { Log } from "../../src/log/log.ts";
import { runtimeHere } from "../../src/runtime/runtime_here.ts";
import { VERSION } from "../../src/version.ts";

/** What a process holds, in bytes. */
export interface Weight {
  /** Objects and buffers of the program that are in use. */
  readonly heap: number;
  /** All memory that the system has given to the process. */
  readonly resident: number;
}

/** Of objects that only their finalizers let go, the first collection does not see the end. */
const COLLECTIONS = 3;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const runtime = await runtimeHere();
  const config = { ...DEFAULT_CONFIG, ...JSON.parse(process.argv[2]) };
  const log = new Log((line) => process.stderr.write(`${line}\n`), { level: "warn" });
  process.on("SIGUSR2", () => {
    weigh().then((weight) => process.stdout.write(`${JSON.stringify(weight)}\n`));
  });
  await startProxy(config, { runtime, log, version: VERSION });
}

async function weigh(): Promise<Weight> {
  for (let i = 0; i < COLLECTIONS; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

function collectGarbage(): void {
  const { Bun, gc } = globalThis as unknown as {
    Bun?: { gc(wait: boolean): void };
    gc?: () => void;
  };
  if (Bun !== undefined) return Bun.gc(true);
  if (gc === undefined) throw new Error("Cannot collect garbage without --expose-gc");
  gc();
}
