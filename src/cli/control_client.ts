/**
 * One connection to the control socket of a running proxy.
 *
 *   connect -> ask(line) -> answer, up to its last line -> …
 *
 * Owned by: a command of the operator, which closes it. Owns: its socket.
 */

import type { Runtime, Socket } from "../runtime/runtime.ts";

/** How long a running proxy may take to accept, and then to answer, ms. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Asks a running proxy. */
export class ControlClient {
  readonly #socket: Socket;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #decoder = new TextDecoder();

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
  }

  /** Rejects when nobody listens. */
  static async connect(runtime: Runtime, path: string): Promise<ControlClient> {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    return new ControlClient(await runtime.connect({ transport: "unix", path }, signal));
  }

  /** Asks, and reads to the line `END` or an error. */
  async ask(line: string): Promise<string> {
    return await this.#exchange(line, (text) => /(^|\n)END\r?\n$|^ERROR .*\n$/.test(text));
  }

  /** Asks for the last time, and reads whatever comes. */
  async askLast(line: string): Promise<string> {
    return await this.#exchange(`${line}\nquit`, () => false);
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
    }, ANSWER_TIMEOUT_MS);
    try {
      await this.#writer.write(new TextEncoder().encode(`${line}\n`));
      const text = await this.#read(complete);
      if (timedOut) throw new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`);
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
    }
    return text;
  }
}
