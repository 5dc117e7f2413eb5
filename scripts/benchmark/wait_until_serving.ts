/**
 * Waits for a program that was just started.
 */

import { askServer } from "./ask_server.ts";
import type { PinnedProcess } from "./pinned_process.ts";

const START_MS = 10_000;
const RETRY_MS = 2;

/** A request that memcached and every proxy answers, with a hit or without. */
const REQUEST = new TextEncoder().encode("get bench:00000000\r\n");
const REPLY_END = "END\r\n";

/** Resolves once the program answers on its port; rejects when it ended or takes too long. */
export async function waitUntilServing(port: number, program: PinnedProcess): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      return await askForKey(port);
    } catch (error) {
      if (program.hasEnded) {
        throw new Error(`It ended at once: ${program.complaint || "no reason"}`);
      }
      if (performance.now() > deadline) {
        throw new Error(`It does not serve after ${START_MS} ms: ${error}`);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** An error line is no answer: a proxy may still be connecting to its servers. */
function askForKey(port: number): Promise<void> {
  let text = "";
  const take = (chunk: Uint8Array) => {
    text += new TextDecoder().decode(chunk);
    if (text.includes("ERROR")) throw new Error(text.trim());
    return text.endsWith(REPLY_END);
  };
  return askServer(port, REQUEST, { timeoutMs: START_MS, take });
}
