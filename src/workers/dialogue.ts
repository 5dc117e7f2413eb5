/**
 * Questions and answers between two threads.
 *
 *   ask(subject, body) ─ post ─> the other's answers[subject](body)
 *          ^── answer, error, or nothing within the time ──┘
 *
 * Owned by: one of the two. Owns: the questions that wait for their answer.
 */

import type { Clock, Timer } from "../runtime/clock.ts";
import type { ThreadPort } from "../runtime/thread.ts";

/** For every subject, what is sent and what comes back. */
export type Subjects<Names> = { [Name in keyof Names]: { body: unknown; answer: unknown } };

/** One function for every subject. */
export type Answers<Asked extends Subjects<Asked>> = {
  readonly [Name in keyof Asked]: (
    body: Asked[Name]["body"],
  ) => Asked[Name]["answer"] | Promise<Asked[Name]["answer"]>;
};

type Message =
  | { readonly kind: "question"; readonly id: number; readonly subject: string; body: unknown }
  | { readonly kind: "answer"; readonly id: number; readonly answer: unknown }
  | { readonly kind: "error"; readonly id: number; readonly reason: string };

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  readonly timer: Timer;
}

/** The id of what needs no answer. */
const UNANSWERED = 0;
/** Clients may ask `stats` as often as they like; the answer of most is a second away at worst. */
const WAITING_MAX = 1024;

/** One end of a dialogue: `Mine` may be asked there, `Theirs` here. */
export class Dialogue<Mine extends Subjects<Mine>, Theirs extends Subjects<Theirs>> {
  readonly #port: ThreadPort;
  readonly #clock: Clock;
  readonly #answers: Answers<Theirs>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = UNANSWERED;
  #closed = false;

  constructor(port: ThreadPort, options: { clock: Clock; answers: Answers<Theirs> }) {
    this.#port = port;
    this.#clock = options.clock;
    this.#answers = options.answers;
    port.receive((message) => this.#receive(message as Message));
  }

  /** Rejects when there is no answer in time, and when the other failed to find one. */
  ask<Name extends keyof Mine & string>(
    subject: Name,
    body: Mine[Name]["body"],
    timeoutMs: number,
  ): Promise<Mine[Name]["answer"]> {
    if (this.#closed) return Promise.reject(new Error("it has ended"));
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new Error(`${WAITING_MAX} questions wait for an answer already`));
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#waiting.delete(id);
        reject(new Error(`no answer within ${timeoutMs} ms`));
      });
      this.#waiting.set(id, { resolve, reject, timer });
      this.#port.post({ kind: "question", id, subject, body } satisfies Message);
    });
  }

  /** Says something that needs no answer. */
  tell<Name extends keyof Mine & string>(subject: Name, body: Mine[Name]["body"]): void {
    if (this.#closed) return;
    this.#port.post({ kind: "question", id: UNANSWERED, subject, body } satisfies Message);
  }

  /** Whoever waits is told; safe to call twice. */
  close(): void {
    this.#closed = true;
    for (const { reject, timer } of this.#waiting.values()) {
      timer.cancel();
      reject(new Error("it has ended"));
    }
    this.#waiting.clear();
  }

  #receive(message: Message): void {
    if (this.#closed) return;
    if (message.kind === "question") return void this.#answer(message);
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    waiting.timer.cancel();
    if (message.kind === "answer") waiting.resolve(message.answer);
    else waiting.reject(new Error(message.reason));
  }

  async #answer({ id, subject, body }: Message & { kind: "question" }): Promise<void> {
    try {
      const answer = await this.#answers[subject as keyof Theirs](body);
      if (id === UNANSWERED) return;
      this.#port.post({ kind: "answer", id, answer } satisfies Message);
    } catch (error) {
      if (id === UNANSWERED) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      this.#port.post({ kind: "error", id, reason } satisfies Message);
    }
  }
}
