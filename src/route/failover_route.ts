/**
 * Reads: the main answers, and where it cannot, the backup.
 *
 *   main readable? --yes--> main --failed--> backup, in the time that is left
 *                  --no---> backup
 *
 * Nothing stands between the main's reply and the client: the connection hands
 * a request back (`Rescue`) only when it failed.
 */

import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Pool } from "./pool.ts";
import type { Destination, Recovery, Rescue, Route, Sink } from "./route.ts";

/** Both copies of the key are known to be out of date. */
const UNTRUSTED = Reply.fixed(
  ReplyStatus.Failed,
  "SERVER_ERROR NO SERVER HOLDS THE NEWEST VALUE: recovering\r\n",
  { reason: "recovering", inDoubt: false },
);

/** Reads from mains, and from backups what mains cannot answer. */
export class FailoverRoute implements Route, Rescue {
  readonly #mains: Pool;
  readonly #backups: Pool;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #recovery: Recovery | null;

  /** `deadlineMs`: for all attempts of one request together. */
  constructor(
    mains: Pool,
    backups: Pool,
    options: { clock: Clock; deadlineMs: number; recovery: Recovery | null },
  ) {
    this.#recovery = options.recovery;
    this.#mains = mains;
    this.#backups = backups;
    this.#clock = options.clock;
    this.#deadlineMs = options.deadlineMs;
  }

  send(request: Request, sink: Sink): void {
    const main = this.#mains.pick(request);
    if (main.readable) return main.sendOr(request, sink, this);
    const backup = this.#backups.pick(request);
    const mainMay = main.reachable && this.#mayAnswer(main, request);
    const backupMay = backup.usable && this.#mayAnswer(backup, request);
    if (!mainMay && backupMay) return backup.sendOr(request, sink, null);
    if (!mainMay && main.phase === "reconciling") return sink.reply(UNTRUSTED);
    const lacks = backupMay && this.#recovery !== null && this.#recovery.mayLack(main, request);
    if (lacks) return this.#recovery!.readBoth(request, sink, { main, backup });
    if (!this.#mayAnswer(main, request)) return sink.reply(UNTRUSTED);
    main.sendOr(request, sink, this);
  }

  #mayAnswer(destination: Destination, request: Request): boolean {
    return this.#recovery === null || this.#recovery.mayAnswer(destination, request);
  }

  rescue(request: Request, sink: Sink, failure: Reply, startedMs: number): void {
    const leftMs = startedMs + this.#deadlineMs - this.#clock.now();
    const backup = this.#backups.pick(request);
    const may = backup.usable && this.#mayAnswer(backup, request);
    if (leftMs <= 0 || !may) return sink.reply(failure);
    const second = new SecondAttempt(sink, failure);
    backup.sendOr(request, second, null);
    second.expireAfter(this.#clock, leftMs);
  }
}

/** Hands on the backup's answer, or the main's failure when that comes too late. */
class SecondAttempt implements Sink {
  readonly #sink: Sink;
  readonly #failure: Reply;
  #state: "waiting" | "answering" | "done" = "waiting";
  #timer: Timer | null = null;

  constructor(sink: Sink, failure: Reply) {
    this.#sink = sink;
    this.#failure = failure;
  }

  get backedUp(): boolean {
    return this.#state === "answering" && this.#sink.backedUp;
  }

  expireAfter(clock: Clock, ms: number): void {
    if (this.#state !== "waiting") return;
    this.#timer = clock.after(ms, () => {
      this.#state = "done";
      this.#sink.reply(this.#failure);
    });
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
