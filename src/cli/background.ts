/**
 * Going to the background: the parent starts the program again and waits for its word.
 *
 *   parent: spawn --------- first line ---------> exit 0, or print the error and exit 1
 *   child:         bind ... "ready" | "error: …"  serves until TERM
 */

import type { DetachedChild, Runtime } from "../runtime/runtime.ts";

/** Set for the child, so that it serves instead of starting another. */
export const BACKGROUND_VARIABLE = "MAGENT_DAEMON";

/** What the child prints once it listens. */
export const READY_LINE = "ready";

/** What the child puts before the reason why it does not. */
export const ERROR_PREFIX = "error: ";

/** Longer than binding, looking up a name and opening files can take, ms. */
const START_TIMEOUT_MS = 30_000;

/** Returns the exit status of the parent. */
export async function startInBackground(
  args: readonly string[],
  runtime: Runtime,
): Promise<number> {
  const child = runtime.process.spawnSelfDetached(args, { [BACKGROUND_VARIABLE]: "1" });
  const failure = await waitForWord(child);
  if (failure === null) return 0;
  runtime.process.print("stderr", `${failure}\n`);
  return 1;
}

async function waitForWord(child: DetachedChild): Promise<string | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<"timeout">((resolve) => {
    timer = setTimeout(() => resolve("timeout"), START_TIMEOUT_MS);
  });
  const word = await Promise.race([child.firstLine(), timeout]);
  clearTimeout(timer);
  if (word === READY_LINE) return null;
  if (word === "timeout") {
    return `process ${child.pid} is not listening after ${START_TIMEOUT_MS} ms`;
  }
  if (word === null) {
    return `process ${child.pid} ended with status ${await child.exited} before it was listening`;
  }
  return word.startsWith(ERROR_PREFIX) ? word.slice(ERROR_PREFIX.length) : word;
}
