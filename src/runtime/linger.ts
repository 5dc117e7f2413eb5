/**
 * Closes a connection so that the last reply arrives.
 *
 * Closing a socket with unread input makes the kernel send a reset, which can
 * destroy replies on their way. So: shut down our side, read and drop what the
 * client still sends, for a bounded time and number of bytes.
 */

import type { Clock } from "./clock.ts";

/** How long and how much is read after the last reply. */
const LINGER_MS = 1000;
const LINGER_BYTES = 4 << 20;

/** Resolves when the client has closed too, or the bounds are reached. */
export async function linger(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  clock: Clock,
): Promise<void> {
  const timer = clock.after(LINGER_MS, () => void reader.cancel().catch(() => {}));
  try {
    await writer.close();
    let left = LINGER_BYTES;
    while (left > 0) {
      const { value, done } = await reader.read();
      if (done) return;
      left -= value.length;
    }
  } finally {
    timer.cancel();
  }
}
