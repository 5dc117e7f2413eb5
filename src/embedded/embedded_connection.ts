/**
 * One client of an embedded server: reads requests, answers each before the next, and writes
 * what has gathered before it reads again.
 *
 *   chunk -> parser -> answerRequest -> out -> written, then the next chunk
 *
 * So a client that does not read is not read either, and holds one buffer of answers.
 *
 * Owned by: EmbeddedServer. Owns: its socket.
 */

import { QUIT } from "../message/command.ts";
import { Request } from "../message/request.ts";
import { detectProtocol } from "../protocol/detect_protocol.ts";
import { Input } from "../protocol/input.ts";
import { OutputBuffer } from "../protocol/output_buffer.ts";
import { Parsed, type RequestParser } from "../protocol/request_parser.ts";
import type { Clock } from "../runtime/clock.ts";
import { linger } from "../runtime/linger.ts";
import type { Socket } from "../runtime/runtime.ts";
import { type Answerer, answerRequest } from "./answer_request.ts";
import { BinaryDialogue } from "./binary_dialogue.ts";
import type { ItemStore } from "./item_store.ts";

const LINE_BYTES_MAX = 2048;
const GET_LINE_BYTES_MAX = 1 << 20;
/** Answers are written when more than this has gathered, bytes. */
const WRITE_BYTES = 256 << 10;
/** An output buffer larger than this is given back when it is empty, bytes. */
const KEEP_BYTES = 64 << 10;

/** What a connection asks of its server. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly store: ItemStore;
  readonly version: string;
  report(group: string): string;
}

/** Serves one client until it leaves. */
export class EmbeddedConnection implements Answerer {
  readonly store: ItemStore;
  readonly version: string;
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #input = new Input();
  readonly #request = new Request();
  readonly #written = new OutputBuffer();
  /** For the protocol that the first byte of the client shows. */
  #parser: RequestParser | null = null;
  #binary: BinaryDialogue | null = null;
  /** Bytes still to come of a value that was refused. */
  #skip = 0;
  #state: "serving" | "ending" = "serving";

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.store = host.store;
    this.version = host.version;
  }

  /** The address of the client. */
  get remote(): string {
    return this.#socket.remoteAddress;
  }

  /** Where it has connected to. */
  get local(): string {
    return this.#socket.localAddress;
  }

  /** Where the answer to the request in hand goes. */
  get out(): OutputBuffer {
    return this.#binary?.text ?? this.#written;
  }

  report(group: string): string {
    return this.#host.report(group);
  }

  /** Serves until the client has left; never rejects. */
  async run(): Promise<void> {
    const reader = this.#socket.readable.getReader();
    const writer = this.#socket.writable.getWriter();
    reader.closed.catch(() => {});
    writer.closed.catch(() => {});
    try {
      while (this.#state === "serving") {
        const { value, done } = await reader.read();
        if (done) return this.close();
        this.store.counters.bytes_read += value.length;
        this.#input.append(value);
        await this.#answer(writer);
        this.#input.keep();
      }
      await linger(reader, writer, this.#host.clock);
    } catch {
      // The client is gone; there is nobody to tell.
    }
    this.close();
  }

  /** Closes at once; safe to call twice. */
  close(): void {
    this.#state = "ending";
    this.#socket.close();
  }

  /** Answers all that has come. */
  async #answer(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    while (this.#state === "serving" && this.#pass() && this.#input.length > 0) {
      const parser = this.#parser ??= this.#detect();
      const parsed = parser.next(this.#input, this.#request);
      if (parsed === Parsed.More) break;
      if (parsed !== Parsed.Request) this.#refuse(parser, parsed);
      else await this.#answerRequest(writer);
      if (this.#written.length > WRITE_BYTES) await this.#flush(writer);
    }
    await this.#flush(writer);
  }

  async #answerRequest(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    const request = this.#request;
    this.#skip = request.body?.awaited ?? 0;
    if (request.command === QUIT) this.#state = "ending";
    let lines: Iterable<string> | null;
    try {
      lines = answerRequest(request, this);
    } catch (error) {
      return this.#fault(error);
    }
    this.#binary?.translate(request, this.#written);
    for (const line of lines ?? []) {
      this.#written.appendText(line);
      if (this.#written.length > WRITE_BYTES) await this.#flush(writer);
    }
  }

  /** A mistake of ours: what is owed from here on cannot be told. */
  #fault(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#state = "ending";
    if (this.#binary === null) {
      this.#written.appendText(`SERVER_ERROR fault in the embedded server: ${reason}\r\n`);
    }
  }

  #refuse(parser: RequestParser, parsed: Parsed): void {
    if (!this.#request.silent) this.#written.appendAll(parser.answer);
    if (parsed === Parsed.Close) this.#state = "ending";
  }

  /** Passes over a refused value; false when more of it is to come. */
  #pass(): boolean {
    const count = Math.min(this.#skip, this.#input.length);
    this.#input.pos += count;
    this.#skip -= count;
    return this.#skip === 0;
  }

  #detect(): RequestParser {
    const { binary, parser } = detectProtocol(this.#input.bytes[this.#input.pos], {
      lineBytes: LINE_BYTES_MAX,
      getLineBytes: GET_LINE_BYTES_MAX,
      streamBytes: this.store.itemBytesMax,
    });
    if (binary) this.#binary = new BinaryDialogue();
    return parser;
  }

  async #flush(writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
    if (this.#written.length === 0) return;
    this.store.counters.bytes_written += this.#written.length;
    await writer.write(this.#written.view());
    this.#written.clear(KEEP_BYTES);
  }
}
