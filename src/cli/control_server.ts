/**
 * The operator's Unix socket: one command per line, one answer per command.
 *
 *   accept -> [16 open?] -> line -> help | quit | proxy.control(line) -> answer
 *
 * Owned by: ProxyProcess. Owns: its listener and every control connection.
 */

import type { Log } from "../log/log.ts";
import type { Listener, Runtime, Socket } from "../runtime/runtime.ts";

/** Limits of the control socket, and how often they were hit. */
export interface ControlCounters {
  accepted: number;
  refused: number;
  linesTooLong: number;
  idleClosed: number;
}

/** What the control server is given. */
export interface ControlServerOptions {
  readonly path: string;
  /** Answers one command; the text ends in a newline. */
  readonly answer: (line: string) => string | Promise<string>;
  readonly log: Log;
  readonly connectionLimit?: number;
  readonly lineLength?: number;
  readonly idleMs?: number;
}

const CONNECTION_LIMIT = 16;
const LINE_LENGTH = 4096;
const IDLE_MS = 600_000;

const HELP = `\
stats [GROUP]             the counters, one STAT line each; groups: servers, recovery, matrix
stats reset               counts from zero
recover status [SERVER]   what is being done about servers that came back
recover start SERVER      puts its keys back as if it had come back empty
recover stop SERVER       ends that, and lets it serve what it has
recover pause SERVER      puts nothing back for now
recover resume SERVER     goes on with it
server down SERVER        takes it out of service, without probes
server up SERVER          readmits it at its first answer; timeouts do not eject it
server auto SERVER        leaves it to its health
help                      this text
quit                      closes the connection
END
`;

/** Listens for operators and answers them. */
export class ControlServer {
  readonly counters: ControlCounters = { accepted: 0, refused: 0, linesTooLong: 0, idleClosed: 0 };
  readonly #options: Required<ControlServerOptions>;
  readonly #sockets = new Set<Socket>();
  #listener: Listener | null = null;

  constructor(options: ControlServerOptions) {
    this.#options = {
      connectionLimit: CONNECTION_LIMIT,
      lineLength: LINE_LENGTH,
      idleMs: IDLE_MS,
      ...options,
    };
  }

  /** Rejects with `SocketError`; the path must have been cleared before. */
  async listen(runtime: Runtime): Promise<void> {
    const address = { transport: "unix", path: this.#options.path } as const;
    this.#listener = await runtime.listen(address, (socket) => void this.#serve(socket));
  }

  /** Closes the listener, and with it the file; connections live on. Safe to call twice. */
  stopAccepting(): void {
    this.#listener?.close();
    this.#listener = null;
  }

  /** Closes the listener and all connections; safe to call twice. */
  close(): void {
    this.stopAccepting();
    for (const socket of this.#sockets) socket.close();
    this.#sockets.clear();
  }

  async #serve(socket: Socket): Promise<void> {
    if (this.#sockets.size >= this.#options.connectionLimit) {
      this.counters.refused++;
      this.#options.log.warn(
        `control connection refused: ${this.#sockets.size} are open, ` +
          `${this.counters.refused} refused so far`,
      );
      await this.#dismiss(socket, "ERROR too many control connections\n");
      return;
    }
    this.counters.accepted++;
    this.#sockets.add(socket);
    try {
      await this.#converse(socket);
    } catch (error) {
      this.#options.log.debug(`control connection broke: ${messageOf(error)}`);
    }
    this.#sockets.delete(socket);
    socket.close();
  }

  async #converse(socket: Socket): Promise<void> {
    const reader = socket.readable.getReader();
    const writer = socket.writable.getWriter();
    const decoder = new TextDecoder();
    let rest = "";
    while (true) {
      const { done, value } = await this.#withinIdleTime(socket, reader.read());
      if (done) break;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      const longest = [...lines, rest].find((line) => line.length > this.#options.lineLength);
      if (longest !== undefined) {
        this.counters.linesTooLong++;
        this.#options.log.warn(
          `control line too long: ${this.counters.linesTooLong} such lines so far`,
        );
        await this.#write(socket, writer, "ERROR line too long\n");
        break;
      }
      if (await this.#answerAll(socket, writer, lines)) break;
    }
    await this.#withinIdleTime(socket, writer.close());
  }

  /** One write per line, so that an operator who does not read holds one answer, not all. */
  async #answerAll(
    socket: Socket,
    writer: WritableStreamDefaultWriter<Uint8Array>,
    lines: readonly string[],
  ): Promise<boolean> {
    for (const rawLine of lines) {
      const line = rawLine.trim();
      if (line === "") continue;
      if (line === "quit") return true;
      await this.#write(socket, writer, line === "help" ? HELP : await this.#options.answer(line));
    }
    return false;
  }

  #write(
    socket: Socket,
    writer: WritableStreamDefaultWriter<Uint8Array>,
    text: string,
  ): Promise<void> {
    return this.#withinIdleTime(socket, writer.write(new TextEncoder().encode(text)));
  }

  /** Says why and closes, without reading a byte. */
  async #dismiss(socket: Socket, text: string): Promise<void> {
    try {
      const writer = socket.writable.getWriter();
      await this.#write(socket, writer, text);
      await this.#withinIdleTime(socket, writer.close());
    } catch (error) {
      this.#options.log.debug(`control connection broke: ${messageOf(error)}`);
    }
    socket.close();
  }

  /** Closing the socket is what ends the wait: its streams then end or fail. */
  async #withinIdleTime<T>(socket: Socket, step: Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.counters.idleClosed++;
      this.#options.log.warn(
        `control connection closed: idle for ${this.#options.idleMs} ms, ` +
          `${this.counters.idleClosed} so far`,
      );
      socket.close();
    }, this.#options.idleMs);
    try {
      return await step;
    } finally {
      clearTimeout(timer);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
