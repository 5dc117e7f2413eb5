/**
 * One conversation with a memcached or a proxy, outside the measurement.
 */

import { connect } from "node:net";

/** Sends the bytes and gives every chunk to `take` until that returns true; rejects when it cannot. */
export function askServer(
  port: number,
  bytes: Uint8Array,
  options: { timeoutMs: number; take: (chunk: Uint8Array) => boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const end = (error: Error | null) => {
      socket.destroy();
      if (error === null) resolve();
      else reject(error);
    };
    socket.setTimeout(options.timeoutMs, () => end(new Error("no reply in time")));
    socket.once("error", end);
    socket.once("end", () => end(new Error("connection closed")));
    socket.on("data", (chunk) => {
      try {
        if (options.take(chunk)) end(null);
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}
