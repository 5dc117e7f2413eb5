/**
 * Clients that asked once and now say nothing.
 *
 * Owned by: the memory measurement, which closes it. Owns: its sockets.
 */

import { connect, type Socket } from "node:net";

/** Connecting all at once would overflow the queue of those who wait to be accepted. */
const TOGETHER = 100;
const ANSWER_MS = 20_000;

/** Open connections to one proxy. */
export class IdleCrowd {
  readonly #sockets: Socket[] = [];

  /** Connects as many clients; each sends `request` and waits for an answer that ends in `END`. */
  static async connect(port: number, count: number, request: string): Promise<IdleCrowd> {
    const crowd = new IdleCrowd();
    try {
      for (let first = 0; first < count; first += TOGETHER) {
        const wave = Array.from(
          { length: Math.min(TOGETHER, count - first) },
          () => crowd.#ask(port, request),
        );
        await Promise.all(wave);
      }
    } catch (error) {
      crowd.close();
      throw error;
    }
    return crowd;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #ask(port: number, request: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const number = this.#sockets.length;
      const socket = connect(port, "127.0.0.1", () => socket.write(request));
      this.#sockets.push(socket);
      let text = "";
      socket.setTimeout(ANSWER_MS, () => reject(new Error(`Client ${number} has no answer`)));
      socket.once("error", reject);
      socket.once("close", () => reject(new Error(`Client ${number} was disconnected`)));
      socket.on("data", (chunk) => {
        text += chunk;
        if (!text.endsWith("END\r\n")) return;
        socket.setTimeout(0);
        resolve();
      });
    });
  }
}
