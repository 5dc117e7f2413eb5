/**
 * One connection for lines and their answers: to the control socket of a running proxy, or
 * to the port of any memcached.
 *
 *   connect -> ask(line) -> answer, up to its last line -> …
 *
 * Owned by: a command of the operator, which closes it. Owns: its socket.
 */

import type { Address, Runtime, Socket } from "../runtime/runtime.ts";

/** How long whoever is asked may take to accept, and then to answer, ms. */
const ANSWER_TIMEOUT_MS = 10_000;
/** No `stats` of thousands of servers is longer, characters. */
const ANSWER_LENGTH = 16 << 20;
/** The last line of an answer. */
const ANSWER_END = /(^|\n)(END|RESET)\r?\n$|^(ERROR|CLIENT_ERROR|SERVER_ERROR|VERSION)\b.*\r?\n$/;

/** Asks a running proxy or a memcached. */
export class LineClient {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #decoder = new TextDecoder();

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
  }

  /** Rejects with `SocketError` when nobody listens. */
  static async connect(
    runtime: Pick<Runtime, "connect">,
    address: Address,
    timeoutMs: number = ANSWER_TIMEOUT_MS,
  ): Promise<LineClient> {
    const socket = await runtime.connect(address, AbortSignal.timeout(timeoutMs));
    return new LineClient(socket, timeoutMs);
  }

  /** Asks, and reads to the line that ends an answer: `END`, an error, a version. */
  async ask(line: string): Promise<string> {
    return await this.#exchange(line, (text) => ANSWER_END.test(text));
  }

  /** Asks for the last time, and reads whatever comes. */
  async askLast(line: string): Promise<string> {
    return await this.#exchange(`${line}\r\nquit`, () => false);
  }

  /** Safe to call twice. */
  close(): void {
    this.#socket.close();
  }

  async #exchange(line: string, complete: (text: string) => boolean): Promise<string> {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.close();
    }, this.#timeoutMs);
    try {
      await this.#writer.write(new TextEncoder().encode(`${line}\r\n`));
      const text = await this.#read(complete);
      if (timedOut) throw new Error(`no answer within ${this.#timeoutMs} ms`);
      return text;
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(complete: (text: string) => boolean): Promise<string> {
    let text = "";
    while (!complete(text)) {
      const { value, done } = await this.#reader.read();
      if (done) return text + this.#decoder.decode();
      text += this.#decoder.decode(value, { stream: true });
      if (text.length > ANSWER_LENGTH) {
        throw new Error(`an answer of more than ${ANSWER_LENGTH} characters`);
      }
    }
    return text;
  }
}
