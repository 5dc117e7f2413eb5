/**
 * A client for values of any size: it sends a pattern and compares what comes with it, and
 * keeps neither in memory.
 *
 * Owned by: the test, which disposes of it.
 */

import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { withDeadline } from "./deadline.ts";
import type { Target } from "./text_client.ts";

const DEADLINE_MS = 60_000;
/** A prime, so that a piece in the wrong place does not look right. */
const PERIOD = 65_521;
const PATTERN = patternOf(4 * PERIOD);

/** What came in front of a value and behind it, and whether the value was as sent. */
export interface Received {
  readonly head: string;
  readonly tail: string;
  readonly same: boolean;
}

/** How long the parts of an answer are, bytes. */
export interface Expected {
  readonly head: number;
  readonly value: number;
  readonly tail: number;
}

/** One connection. */
export class ValueClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  /** Came and is not read yet. */
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
    socket.setNoDelay(true);
    socket.on("error", () => {});
  }

  /** Connects; rejects when nobody listens. */
  static connect(target: Target): Promise<ValueClient> {
    return new Promise((resolve, reject) => {
      const socket = connect("path" in target ? target : { host: "127.0.0.1", port: target.port });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new ValueClient(socket));
      });
    });
  }

  /** Sends a value with what stands around it. */
  async send(head: string, valueBytes: number, tail: string): Promise<void> {
    await withDeadline(this.#send(head, valueBytes, tail), DEADLINE_MS, "end of sending");
  }

  /** Reads an answer of a known length. */
  async receive(expected: Expected): Promise<Received> {
    return await withDeadline(this.#receive(expected), DEADLINE_MS, "answer");
  }

  /** Reads one line, without its end. */
  async line(): Promise<string> {
    return await withDeadline(this.#line(), DEADLINE_MS, "line");
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    return Promise.resolve();
  }

  async #send(head: string, valueBytes: number, tail: string): Promise<void> {
    await this.#write(Buffer.from(head, "latin1"));
    for (let at = 0; at < valueBytes; at += PERIOD) {
      await this.#write(PATTERN.subarray(0, Math.min(PERIOD, valueBytes - at)));
    }
    await this.#write(Buffer.from(tail, "latin1"));
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve())
    );
  }

  async #receive(expected: Expected): Promise<Received> {
    const head = await this.#read(expected.head);
    let same = true;
    for (let at = 0; at < expected.value;) {
      const piece = await this.#piece(expected.value - at);
      const from = at % PERIOD;
      for (let start = 0; start < piece.length; start += PERIOD) {
        const part = piece.subarray(start, start + PERIOD);
        same &&= part.equals(PATTERN.subarray(from, from + part.length));
      }
      at += piece.length;
    }
    return { head, same, tail: await this.#read(expected.tail) };
  }

  async #line(): Promise<string> {
    let line = "";
    while (!line.endsWith("\r\n")) line += await this.#read(1);
    return line.slice(0, -2);
  }

  async #read(count: number): Promise<string> {
    let text = "";
    while (text.length < count) text += (await this.#piece(count - text.length)).toString("latin1");
    return text;
  }

  /** What is there next, at most so many bytes. */
  async #piece(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next();
      if (done) throw new Error("the server closed the connection");
      this.#rest = Buffer.from(value);
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }
}

function patternOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) {
    const place = at % PERIOD;
    bytes[at] = (place * 31 + (place >> 8)) & 0xff;
  }
  return bytes;
}
