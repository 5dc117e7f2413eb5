/**
 * One worker, as the main thread sees it: a thread, and a new one whenever it crashed or hung.
 *
 *   starting ── listening ──> serving ── error, silence ──> resting ── back-off ──> starting …
 *       └── failed, the first time ──> start() rejects
 *   stop() from anywhere ──> stopped
 *
 * Owned by: Crew. Owns: its thread, the dialogue with it, and its pulse.
 */

import type { Log } from "../log/log.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import { type Address, SocketError } from "../runtime/runtime.ts";
import type { Thread } from "../runtime/thread.ts";
import { type Answers, Dialogue } from "./dialogue.ts";
import { Pulse } from "./pulse.ts";
import type { MainSubjects, Start, WorkerSubjects } from "./worker_subjects.ts";

/** A thread that is not listening by then has failed, ms. */
const START_MS = 30_000;
/** The pause before a successor starts, doubled for each that ends soon, ms. */
const REST_MS = 100;
const REST_MAX_MS = 10_000;
/** One that has served for this long did not end soon, ms. */
const SOUND_MS = 60_000;

const DISCONNECTED = "its clients were disconnected";
const STANDING = "this runtime cannot end it before it goes on: until then, or until magent is " +
  "restarted, its clients and new ones that reach it get no answer";
const REPORT = "; if this comes again, and CPU and memory were to spare, report it as a fault";

/** How a thread came to its end. */
type End = "crashed" | "hung";

/** What a worker is started with. */
export interface CrewMemberOptions {
  /** Counts from 1. */
  readonly number: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly startThread: () => Thread;
  /** A thread that is silent for so long is replaced, ms. */
  readonly hangMs: number;
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
  #hangs = 0;
  #thread: Thread | null = null;
  #dialogue: Dialogue<WorkerSubjects, MainSubjects> | null = null;
  #timer: Timer | null = null;
  #pulse: Pulse | null = null;
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

  /** Threads that were ended because they stood still. */
  get hangs(): number {
    return this.#hangs;
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
        crashed: (reason) => this.#onCrash(thread, reason),
      },
    });
    void thread.failed.then((reason) => this.#onCrash(thread, reason));
    this.#timer = this.#options.clock.after(START_MS, () => {
      this.#onCrash(thread, `it does not listen after ${START_MS} ms`);
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
    this.#watch();
    if (this.#crashes + this.#hangs > 0) {
      this.#options.log.info(`worker ${this.number} serves again`);
      this.#options.replaced();
    }
    return null;
  }

  #watch(): void {
    const { clock, hangMs } = this.#options;
    const dialogue = this.#dialogue!;
    this.#pulse = new Pulse({
      clock,
      hangMs,
      // Much later than it would be hung: also an answer that comes late is one.
      ask: () => dialogue.ask("pulse", null, 10 * hangMs),
      hung: () => this.#fail(new Error(`its event loop stood still for ${hangMs} ms`), "hung"),
    });
  }

  /** `thread` may have told of its end twice, and have a successor already. */
  #onCrash(thread: Thread, reason: string): null {
    if (thread === this.#thread) this.#fail(new Error(reason));
    return null;
  }

  #fail(error: Error, how: End = "crashed"): void {
    if (this.#state === "stopped") return;
    const wasServing = this.#state === "serving";
    if (wasServing && this.#options.clock.now() - this.#servingSinceMs >= SOUND_MS) {
      this.#restMs = REST_MS;
    }
    const disconnects = how === "crashed" || (this.#thread?.stopsAnytime ?? true);
    this.#end();
    if (this.#crashes + this.#hangs === 0 && !wasServing) {
      this.#state = "stopped";
      this.#started.reject(error);
      return;
    }
    if (how === "hung") this.#hangs++;
    else this.#crashes++;
    this.#rest(`worker ${this.number} ${how}: ${error.message}`, disconnects);
  }

  /** `disconnects`: its sockets are closed by now. */
  #rest(what: string, disconnects: boolean): void {
    this.#state = "resting";
    this.#options.ended();
    this.#options.log.error(
      `${what}; a new one starts in ${this.#restMs} ms; ` +
        (disconnects ? DISCONNECTED : STANDING) + REPORT,
    );
    this.#timer = this.#options.clock.after(this.#restMs, () => this.#begin());
    this.#restMs = Math.min(2 * this.#restMs, REST_MAX_MS);
  }

  #end(): void {
    this.#timer?.cancel();
    this.#pulse?.stop();
    this.#dialogue?.close();
    this.#thread?.stop();
    this.#thread =
      this.#dialogue =
      this.#pulse =
      this.#timer =
        null;
  }
}
