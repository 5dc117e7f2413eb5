/**
 * A connect that can be given up, whatever the runtime thinks of that.
 */

import { addressText } from "./address_text.ts";
import { type Address, type Socket, SocketError, type SystemAddress } from "./runtime.ts";
import { socketFailure } from "./socket_failure.ts";

/**
 * Connects with `open`; an abort rejects at once, and closes a socket that opens after it.
 */
export function abortableConnect(
  address: Address,
  signal: AbortSignal,
  open: (address: SystemAddress) => Promise<Socket>,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const abandon = () => {
      reject(new SocketError("failed", `Cannot connect to "${addressText(address)}": given up`));
    };
    if (signal.aborted) return abandon();
    if (address.transport === "embedded") {
      const place = addressText(address);
      return reject(
        new SocketError("unreachable", `Cannot connect to "${place}": not in a network`),
      );
    }
    signal.addEventListener("abort", abandon, { once: true });
    open(address).then((socket) => {
      signal.removeEventListener("abort", abandon);
      if (signal.aborted) return socket.close();
      resolve(socket);
    }, (error) => {
      signal.removeEventListener("abort", abandon);
      reject(socketFailure("connect to", address, error));
    });
  });
}
