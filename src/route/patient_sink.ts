/**
 * Hands on a reply that comes before a deadline; then answers with what is known.
 *
 *   waiting --reply--> done
 *   waiting --begin--> answering --end--> done
 *   waiting --deadline--> done, with the other answer
 */

import type { Reply } from "../message/reply.ts";
import type { Timer } from "../runtime/clock.ts";
import type { Deadline } from "./deadline.ts";
import type { Sink } from "./route.ts";

/** The sink of a second attempt, whose reply may come too late. */
export class PatientSink implements Sink {
  readonly #sink: Sink;
  readonly #otherwise: Reply;
  #state: "waiting" | "answering" | "done" = "waiting";
  #timer: Timer | null = null;

  /** `otherwise` is the answer after the deadline; it must outlive its chunk. */
  constructor(sink: Sink, otherwise: Reply) {
    this.#sink = sink;
    this.#otherwise = otherwise;
  }

  /** Begins to wait; without effect when the reply has come already. */
  expireAt(deadline: Deadline): void {
    if (this.#state !== "waiting") return;
    this.#timer = deadline.whenPassed(() => {
      this.#state = "done";
      this.#sink.reply(this.#otherwise);
    });
  }

  /** The reply is certain to come: it is waited for without a deadline. */
  persist(): void {
    this.#timer?.cancel();
  }

  /** The deadline has passed, or the reply has come. */
  get done(): boolean {
    return this.#state === "done";
  }

  get backedUp(): boolean {
    return this.#state === "answering" && this.#sink.backedUp;
  }

  reply(reply: Reply): void {
    if (this.#state !== "waiting") return;
    this.#state = "done";
    this.#timer?.cancel();
    this.#sink.reply(reply);
  }

  begin(head: Reply): void {
    if (this.#state !== "waiting") return;
    this.#state = "answering";
    this.#timer?.cancel();
    this.#sink.begin(head);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    if (this.#state === "answering") this.#sink.part(bytes, start, end);
  }

  end(complete: boolean): void {
    if (this.#state === "answering") this.#sink.end(complete);
    this.#state = "done";
  }

  whenDrained(callback: () => void): void {
    this.#sink.whenDrained(callback);
  }
}
