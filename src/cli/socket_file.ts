/**
 * The files of Unix sockets: what may be replaced when we come, and removed when we go.
 */

import { type Runtime, SocketError } from "../runtime/runtime.ts";

/** A socket that takes longer to accept than this is in use, ms. */
const PROBE_TIMEOUT_MS = 1000;

/**
 * Makes room for a socket at this path. A socket that nobody listens on is removed.
 * Rejects with `SocketError` when somebody does, or when the file is something else.
 */
export async function clearSocketPath(runtime: Runtime, path: string): Promise<void> {
  const kind = runtime.process.fileKind(path);
  if (kind === "missing") return;
  if (kind === "other") {
    throw new SocketError(
      "in use",
      `Cannot listen on "unix:${path}": a file that is no socket is there`,
    );
  }
  if (await someoneListens(runtime, path)) {
    throw new SocketError("in use", `Cannot listen on "unix:${path}": in use by another process`);
  }
  try {
    runtime.process.removeFile(path);
  } catch (error) {
    throw new SocketError(
      "not permitted",
      `Cannot listen on "unix:${path}": the stale socket cannot be removed: ${
        error instanceof Error ? error.message : String(error)
      }`,
    );
  }
}

/** Removes the socket at this path, and nothing but a socket; a failure is for the next start. */
export function removeSocketFile(runtime: Runtime, path: string): void {
  try {
    if (runtime.process.fileKind(path) === "socket") runtime.process.removeFile(path);
  } catch {
    // The folder may belong to root while we no longer do: `clearSocketPath` finds it stale.
  }
}

/** Only a refusal proves that nobody does: any other failure leaves the file alone. */
async function someoneListens(runtime: Runtime, path: string): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const socket = await runtime.connect({ transport: "unix", path }, signal);
    socket.close();
    return true;
  } catch (error) {
    return !(error instanceof SocketError && error.reason === "refused");
  }
}
