/**
 * One worker, as the main thread sees it: a thread, and a new one whenever it crashed.
 *
 *   starting ── listening ──> serving ── error ──> resting ── back-off ──> starting …
 *       └── failed, the first time ──> start() rejects
 *   stop() from anywhere ──> stopped
 *
 * Owned by: Crew. Owns: its thread, and the dialogue with it.
 */

import type { Log } from "../log/log.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { type Address, SocketError } from "../runtime/runtime.ts";
import type { Thread } from "../runtime/thread.ts";
import { type Answers, Dialogue } from "./dialogue.ts";
import type { MainSubjects, Start, WorkerSubjects } from "./worker_subjects.ts";

/** A thread that is not listening by then has failed, ms. */
const START_MS = 30_000;
/** The pause before a successor starts, doubled for each that crashes soon, ms. */
const REST_MS = 100;
const REST_MAX_MS = 10_000;
/** One that has served for this long did not crash soon, ms. */
const SOUND_MS = 60_000;

/** What a worker is started with. */
export interface CrewMemberOptions {
  /** Counts from 1. */
  readonly number: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly startThread: () => Thread;
  /** What is answered to the worker, but for what only this file knows. */
  readonly answers: Omit<Answers<MainSubjects>, "started" | "crashed">;
  /** What a thread left behind is cleared away; called before a successor starts. */
  readonly ended: () => void;
  /** A successor listens. */
  readonly replaced: () => void;
}

/** One worker, whichever thread it is just now. */
export class CrewMember {
  readonly #options: CrewMemberOptions;
  readonly #started = Promise.withResolvers<readonly Address[]>();
  #state: "starting" | "serving" | "resting" | "stopped" = "starting";
  #crashes = 0;
  #thread: Thread | null = null;
  #dialogue: Dialogue<WorkerSubjects, MainSubjects> | null = null;
  #timer: Timer | null = null;
  #restMs = REST_MS;
  #servingSinceMs = 0;

  constructor(options: CrewMemberOptions) {
    this.#options = options;
  }

  get number(): number {
    return this.#options.number;
  }

  /** Threads that an error has ended so far. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Resolves with what it listens on; rejects when the first thread fails to. */
  start(): Promise<readonly Address[]> {
    this.#begin();
    return this.#started.promise;
  }

  /** Asks it; rejects when it does not answer in time, and at once while it does not serve. */
  ask<Name extends keyof WorkerSubjects>(
    subject: Name,
    body: WorkerSubjects[Name]["body"],
    timeoutMs: number,
  ): Promise<WorkerSubjects[Name]["answer"]> {
    if (this.#state !== "serving" || this.#dialogue === null) {
      return Promise.reject(new Error(`it is ${this.#state}`));
    }
    return this.#dialogue.ask(subject, body, timeoutMs);
  }

  /** Ends it at once; safe to call twice. */
  stop(): void {
    this.#state = "stopped";
    this.#end();
  }

  #begin(): void {
    this.#state = "starting";
    const thread = this.#options.startThread();
    this.#thread = thread;
    this.#dialogue = new Dialogue<WorkerSubjects, MainSubjects>(thread, {
      clock: this.#options.clock,
      answers: {
        ...this.#options.answers,
        started: (start) => this.#onStart(start),
        crashed: (reason) => this.#onEnd(thread, reason),
      },
    });
    void thread.failed.then((reason) => this.#onEnd(thread, reason));
    this.#timer = this.#options.clock.after(START_MS, () => {
      this.#onEnd(thread, `it does not listen after ${START_MS} ms`);
    });
  }

  #onStart(start: Start): null {
    if (this.#state !== "starting") return null;
    this.#timer?.cancel();
    if (start.kind === "failed") {
      const { reason, message } = start;
      this.#fail(reason === null ? new Error(message) : new SocketError(reason, message));
      return null;
    }
    this.#state = "serving";
    this.#servingSinceMs = this.#options.clock.now();
    this.#started.resolve(start.addresses);
    if (this.#crashes > 0) {
      this.#options.log.info(`worker ${this.number} serves again`);
      this.#options.replaced();
    }
    return null;
  }

  /** `thread` may have told of its end twice, and have a successor already. */
  #onEnd(thread: Thread, reason: string): null {
    if (thread === this.#thread) this.#fail(new Error(reason));
    return null;
  }

  #fail(error: Error): void {
    if (this.#state === "stopped") return;
    const wasServing = this.#state === "serving";
    if (wasServing && this.#options.clock.now() - this.#servingSinceMs >= SOUND_MS) {
      this.#restMs = REST_MS;
    }
    this.#end();
    if (this.#crashes === 0 && !wasServing) {
      this.#state = "stopped";
      this.#started.reject(error);
      return;
    }
    this.#crashes++;
    this.#rest(error.message);
  }

  #rest(reason: string): void {
    this.#state = "resting";
    this.#options.ended();
    this.#options.log.error(
      `worker ${this.number} crashed: ${reason}; its clients were disconnected, ` +
        `a new one starts in ${this.#restMs} ms`,
    );
    this.#timer = this.#options.clock.after(this.#restMs, () => this.#begin());
    this.#restMs = Math.min(2 * this.#restMs, REST_MAX_MS);
  }

  #end(): void {
    this.#timer?.cancel();
    this.#dialogue?.close();
    this.#thread?.stop();
    this.#thread = this.#dialogue = this.#timer = null;
  }
}
