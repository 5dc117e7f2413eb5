/**
 * One administrative line to one server, over a socket of its own.
 *
 *   waiting --start()--> connecting --line is written--> asked --last line--> done
 *
 * The time runs from the beginning, waiting included. The answer is all lines up
 * to the first that is no `STAT`.
 *
 * Owned by: ServerInquiry. Owns: its socket and timer, until everyone who waits is told.
 */

import { failedReply, type FailureReason } from "../message/reply.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Address, Runtime, Socket } from "../runtime/runtime.ts";
import { reasonOf } from "./handshake.ts";

/** What a server said, or why it said nothing. */
export type Answer =
  | { readonly text: string; readonly failure: null }
  | { readonly text: null; readonly failure: FailureReason };

/** A failure in the words that clients know; only a line that has left may have acted. */
export function failureLine(failure: FailureReason, server: string): string {
  const asked = failure === "request timeout" || failure === "connection lost";
  return new TextDecoder().decode(failedReply(failure, server, asked).bytes);
}

/** What an inquiry is made of. */
export interface InquiryOptions {
  readonly runtime: Pick<Runtime, "connect">;
  readonly clock: Clock;
  /** For all of it: waiting, connecting, asking. */
  readonly timeoutMs: number;
  /** Longest answer that is taken. */
  readonly answerBytes: number;
}

/** Asks once. */
export class Inquiry {
  readonly #address: Address;
  readonly #line: string;
  readonly #options: InquiryOptions;
  readonly #abort = new AbortController();
  readonly #timer: Timer;
  #waiting: ((answer: Answer) => void)[] = [];
  #state: "waiting" | "connecting" | "asked" | "done" = "waiting";
  #socket: Socket | null = null;

  constructor(address: Address, line: string, options: InquiryOptions) {
    this.#address = address;
    this.#line = line;
    this.#options = options;
    this.#timer = options.clock.after(options.timeoutMs, () => this.fail(this.#lateness));
  }

  /** The line has not left yet: who joins now is told what is true after joining. */
  get joinable(): boolean {
    return this.#state === "waiting" || this.#state === "connecting";
  }

  get done(): boolean {
    return this.#state === "done";
  }

  /** Calls back once, with the answer. */
  join(told: (answer: Answer) => void): void {
    this.#waiting.push(told);
  }

  /** Connects and asks; settles when all are told. */
  async start(): Promise<void> {
    if (this.done) return;
    this.#state = "connecting";
    try {
      const text = await this.#converse();
      this.#tell({ text, failure: null });
    } catch (error) {
      this.fail(reasonOf(error));
    }
  }

  /** Gives up; no effect once it is done. */
  fail(failure: FailureReason): void {
    this.#tell({ text: null, failure });
  }

  get #lateness(): FailureReason {
    if (this.#state === "waiting") return "overload";
    return this.#state === "connecting" ? "connect timeout" : "request timeout";
  }

  async #converse(): Promise<string> {
    const { runtime } = this.#options;
    const socket = await runtime.connect(this.#address, this.#abort.signal);
    this.#socket = socket;
    if (this.done) {
      socket.close();
      return "";
    }
    const writer = socket.writable.getWriter();
    const reader = socket.readable.getReader();
    writer.closed.catch(() => {});
    reader.closed.catch(() => {});
    this.#state = "asked";
    // The answer decides; a failed write shows itself there.
    writer.write(new TextEncoder().encode(`${this.#line}\r\n`)).catch(() => {});
    return await this.#read(reader);
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    let lineAt = 0;
    while (text.length <= this.#options.answerBytes) {
      const { value, done } = await reader.read();
      if (done) throw new Error("connection lost");
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf("\n", lineAt); end >= 0; end = text.indexOf("\n", lineAt)) {
        if (!text.startsWith("STAT ", lineAt)) return text.slice(0, end + 1);
        lineAt = end + 1;
      }
    }
    this.fail("nonsense");
    return "";
  }

  #tell(answer: Answer): void {
    if (this.#state === "done") return;
    this.#state = "done";
    this.#timer.cancel();
    this.#abort.abort();
    this.#socket?.close();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const told of waiting) told(answer);
  }
}
