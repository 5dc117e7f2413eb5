/** A runtime that connects to sockets in memory. */

import { type Address, type Socket, SocketError } from "../../src/runtime/runtime.ts";
import type { SocketErrorReason } from "../../src/runtime/runtime.ts";
import { FakeSocket } from "./fake_socket.ts";

const VERSION = "VERSION 1.6.18\r\n";

/** How a server treats those who connect. */
export type Welcome =
  | "meta" // says its version, knows meta commands
  | "no meta" // answers ERROR to them
  | "silent" // accepts and says nothing
  | "never" // the connect hangs until it is given up
  | SocketErrorReason;

/** Every connection that was asked for, in order. */
export class FakeNetwork {
  welcome: Welcome = "meta";
  readonly sockets: FakeSocket[] = [];
  /** How often somebody has connected or tried. */
  attempts = 0;

  /** The newest connection. */
  get last(): FakeSocket {
    return this.sockets[this.sockets.length - 1];
  }

  readonly connect = (_address: Address, signal: AbortSignal): Promise<Socket> => {
    this.attempts++;
    const { welcome } = this;
    switch (welcome) {
      case "never":
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new SocketError("failed", "given up")));
        });
      case "meta":
      case "no meta":
      case "silent": {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        if (welcome === "meta") socket.receive(`${VERSION}MN\r\n`);
        if (welcome === "no meta") socket.receive(`${VERSION}ERROR\r\n`);
        return Promise.resolve(socket);
      }
      default:
        return Promise.reject(new SocketError(welcome, "cannot connect"));
    }
  };
}
