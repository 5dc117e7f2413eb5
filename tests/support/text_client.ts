/**
 * A raw client for tests: sends bytes, and reads exact bytes, lines, or until a predicate
 * holds, each with a deadline. Strings stand for bytes one to one (latin1).
 *
 * Owned by: the test, which disposes of it.
 */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

/** Where a server listens. */
export type Target =
  | { readonly port: number; readonly host?: string }
  | { readonly path: string };

const DEADLINE_MS = 5000;

/** One connection of a test to a server. */
export class TextClient implements AsyncDisposable {
  readonly #socket: Socket;
  /** What came and was not read yet is `[from, to)`. */
  #buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  #closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => {
      this.#append(chunk);
      this.#wake();
    });
    socket.on("error", () => this.#close());
    socket.on("end", () => this.#close());
    socket.on("close", () => this.#close());
  }

  /** Connects; rejects when nobody listens. */
  static connect(target: Target): Promise<TextClient> {
    return new Promise((resolve, reject) => {
      const options = "path" in target ? target : { host: "127.0.0.1", ...target };
      const socket = connect({ ...options, allowHalfOpen: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new TextClient(socket));
      });
    });
  }

  /** Bytes that came and were not read yet, as text. */
  get unread(): string {
    return this.#received.toString("latin1");
  }

  /** True once the server has closed or broken the connection. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Sends bytes as they are. */
  send(bytes: string | Uint8Array): void {
    this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Sends bytes one by one, each in a write of its own. */
  async sendOneByOne(bytes: string): Promise<void> {
    for (const byte of bytes) {
      this.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Shuts down the sending side. */
  end(): void {
    this.#socket.end();
  }

  /** Stops taking what the server sends. */
  pause(): void {
    this.#socket.pause();
  }

  /** Takes it again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Reads exactly so many bytes. */
  async readBytes(count: number, timeoutMs = DEADLINE_MS): Promise<string> {
    await this.#until(() => this.#received.length >= count, timeoutMs, `${count} bytes`);
    return this.#take(count);
  }

  /** Reads one line, without its `\r\n`. */
  async readLine(timeoutMs = DEADLINE_MS): Promise<string> {
    await this.#until(() => this.#received.includes("\r\n"), timeoutMs, "a line");
    const line = this.#take(this.#received.indexOf("\r\n"));
    this.#take(2);
    return line;
  }

  /** Reads up to and including the first place where this text ends. */
  async readThrough(text: string, timeoutMs = DEADLINE_MS): Promise<string> {
    await this.#until(() => this.#received.includes(text, 0, "latin1"), timeoutMs, text);
    return this.#take(this.#received.indexOf(text, 0, "latin1") + text.length);
  }

  /** Reads exactly this text; fails at the first byte that differs. */
  async readExactly(text: string, timeoutMs = DEADLINE_MS): Promise<void> {
    const expected = Buffer.from(text, "latin1");
    const differs = () => {
      const length = Math.min(expected.length, this.#received.length);
      return this.#received.compare(expected, 0, length, 0, length) !== 0;
    };
    const enough = () => this.#received.length >= expected.length || differs();
    await this.#until(enough, timeoutMs, JSON.stringify(text.slice(0, 200)));
    if (differs()) {
      const [want, got] = [text, this.unread].map((bytes) => JSON.stringify(bytes.slice(0, 200)));
      throw new Error(`expected ${want}, got ${got}`);
    }
    this.#take(expected.length);
  }

  /** Reads all that comes until the server closes. */
  async readToEnd(timeoutMs = DEADLINE_MS): Promise<string> {
    await this.#until(() => this.#closed, timeoutMs, "end of the connection");
    return this.#take(this.#received.length);
  }

  /** Sends one command and reads its reply through the line that ends it. */
  async ask(bytes: string, last = "\r\n", timeoutMs = DEADLINE_MS): Promise<string> {
    this.send(bytes);
    return await this.readThrough(last, timeoutMs);
  }

  /** Reads a key; null is a miss. */
  async get(key: string, timeoutMs = DEADLINE_MS): Promise<string | null> {
    this.send(`get ${key}\r\n`);
    const head = await this.readLine(timeoutMs);
    if (head === "END") return null;
    const bytes = Number(head.split(" ")[3]);
    if (!head.startsWith(`VALUE ${key} `)) throw new Error(`get ${key} was answered "${head}"`);
    const value = await this.readBytes(bytes, timeoutMs);
    const rest = await this.readBytes("\r\nEND\r\n".length, timeoutMs);
    if (rest !== "\r\nEND\r\n") throw new Error(`value of ${key} was followed by "${rest}"`);
    return value;
  }

  /** Stores a value and gives back the line that answers. */
  async set(key: string, value: string, timeoutMs = DEADLINE_MS): Promise<string> {
    const bytes = Buffer.byteLength(value, "latin1");
    this.send(`set ${key} 0 0 ${bytes}\r\n${value}\r\n`);
    return await this.readLine(timeoutMs);
  }

  /** Closes at once. */
  close(): void {
    this.#close();
    this.#socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  #close(): void {
    this.#closed = true;
    this.#wake();
  }

  #take(count: number): string {
    const taken = this.#received.subarray(0, count).toString("latin1");
    this.#from += count;
    return taken;
  }

  get #received(): Buffer {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  #append(chunk: Uint8Array): void {
    if (this.#to + chunk.length > this.#buffer.length) {
      const unread = this.#received;
      // Twice what is needed, so that a large value is not copied for each of its chunks.
      this.#buffer = Buffer.alloc(2 * (unread.length + chunk.length));
      unread.copy(this.#buffer);
      this.#from = 0;
      this.#to = unread.length;
    }
    this.#buffer.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  async #until(holds: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!holds()) {
      const left = end - performance.now();
      if (this.#closed || left <= 0) {
        const why = this.#closed ? "the connection was closed" : `${timeoutMs} ms passed`;
        throw new Error(`no ${what}: ${why}; unread: ${JSON.stringify(this.unread.slice(0, 500))}`);
      }
      await this.#change(left);
    }
  }

  /** Waits until something comes, or for so long. */
  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
