/**
 * A connect that can be given up, whatever the runtime thinks of that.
 */

import { addressText } from "./address_text.ts";
import { type Address, type Socket, SocketError } from "./runtime.ts";
import { socketFailure } from "./socket_failure.ts";

/**
 * Connects with `open`; an abort rejects at once, and closes a socket that opens after it.
 */
export function abortableConnect(
  address: Address,
  signal: AbortSignal,
  open: () => Promise<Socket>,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const abandon = () => {
      reject(new SocketError("failed", `Cannot connect to "${addressText(address)}": given up`));
    };
    if (signal.aborted) return abandon();
    signal.addEventListener("abort", abandon, { once: true });
    open().then((socket) => {
      signal.removeEventListener("abort", abandon);
      if (signal.aborted) return socket.close();
      resolve(socket);
    }, (error) => {
      signal.removeEventListener("abort", abandon);
      reject(socketFailure("connect to", address, error));
    });
  });
}
