/**
 * Threads as Web workers, which both runtimes have.
 *
 * Owned by: whoever started the thread.
 */

import type { Thread, ThreadPort } from "./thread.ts";

/** The part of a worker's own global object that leads back to whoever started it. */
interface WorkerScope {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

/** Starts the module as a thread; `stopsAnytime` is the runtime's. */
export function startWebThread(entry: string | URL, stopsAnytime: boolean): Thread {
  const worker = new Worker(entry, { type: "module" });
  const failed = Promise.withResolvers<string>();
  let stopped = false;
  worker.onerror = (event) => {
    // Else Deno takes it for an error of our own and ends the process.
    event.preventDefault();
    if (!stopped) failed.resolve(event.message);
  };
  return {
    stopsAnytime,
    failed: failed.promise,
    post: (message) => worker.postMessage(message),
    receive: (handler) => worker.onmessage = (event) => handler(event.data),
    stop: () => {
      stopped = true;
      worker.terminate();
    },
  };
}

/** In a thread: the way to whoever started it. */
export function parentWebThread(): ThreadPort {
  const scope = globalThis as unknown as WorkerScope;
  return {
    post: (message) => scope.postMessage(message),
    receive: (handler) => scope.onmessage = (event) => handler(event.data),
  };
}

/** In a thread: tells of an error that nobody caught, in place of the runtime's own report. */
export function onUncaught(handler: (reason: string) => void): void {
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    handler(reasonOf(event.error ?? event.message));
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    handler(reasonOf(event.reason));
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // The first place of the stack is what a report of the fault needs.
  const place = /\n\s+at (.*)/.exec(error.stack ?? "")?.[1];
  return place === undefined ? error.message : `${error.message}, at ${place}`;
}
