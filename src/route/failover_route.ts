/**
 * Reads: the main answers, and where it cannot, the backup.
 *
 *   main readable? --yes--> main --failed--> backup, in the time that is left
 *                  --no---> backup
 *
 * Nothing stands between the main's reply and the client: the connection hands
 * a request back (`Rescue`) only when it failed.
 */

import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import type { Clock } from "../runtime/clock.ts";
import { Deadline } from "./deadline.ts";
import { PatientSink } from "./patient_sink.ts";
import type { CopyOrder } from "./copy_order.ts";
import type { Pool } from "./pool.ts";
import type { Destination, Recovery, Rescue, Route, Sink } from "./route.ts";
import { UNTRUSTED } from "./untrusted.ts";

/** Reads from mains, and from backups what mains cannot answer. */
export class FailoverRoute implements Route, Rescue {
  readonly #mains: Pool;
  readonly #backups: Pool;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #recovery: Recovery | null;
  readonly #order: CopyOrder;

  /** `deadlineMs`: for all attempts of one request together. */
  constructor(
    mains: Pool,
    backups: Pool,
    options: { clock: Clock; deadlineMs: number; recovery: Recovery | null; order: CopyOrder },
  ) {
    this.#order = options.order;
    this.#recovery = options.recovery;
    this.#mains = mains;
    this.#backups = backups;
    this.#clock = options.clock;
    this.#deadlineMs = options.deadlineMs;
  }

  send(request: Request, sink: Sink): void {
    const main = this.#mains.pick(request);
    if (main.readable && !this.#order.holdsMain(request)) return main.sendOr(request, sink, this);
    if (!this.#order.idle) return this.#afterChanges(request, sink);
    this.#sendInTrouble(request, sink, main);
  }

  /**
   * Changes of the key may reach this main, or both copies, late: a client that pipelines
   * reads what it wrote.
   */
  #afterChanges(request: Request, sink: Sink): void {
    const later = request.retain();
    this.#order.inTurn(later.keyText(), () => {
      this.#sendInTrouble(later, sink, this.#mains.pick(later));
    });
  }

  #sendInTrouble(request: Request, sink: Sink, main: Destination): void {
    const backup = this.#backups.pick(request);
    const mainMay = main.reachable && this.#mayAnswer(main, request);
    const backupMay = backup.usable && this.#mayAnswer(backup, request);
    const recovery = this.#recovery;
    if (mainMay && backupMay && recovery !== null && recovery.mayLack(main, request)) {
      return recovery.readBoth(request, sink, { main, backup });
    }
    if (mainMay) return this.#ask(main, request, sink, this);
    if (backupMay) return this.#ask(backup, request, sink, null);
    if (this.#mayAnswer(main, request)) return main.sendOr(request, sink, this);
    sink.reply(UNTRUSTED);
  }

  /**
   * A server that may lack the key is not believed that there is none. One that is being restored
   * may hold placeholders, too, which are no values.
   */
  #ask(destination: Destination, request: Request, sink: Sink, rescue: Rescue | null): void {
    const mayLack = this.#recovery !== null && this.#recovery.mayLack(destination, request);
    if (mayLack) this.#recovery!.readAlone(request, sink, destination);
    else destination.sendOr(request, sink, rescue);
  }

  #mayAnswer(destination: Destination, request: Request): boolean {
    return this.#recovery === null || this.#recovery.mayAnswer(destination, request);
  }

  rescue(request: Request, sink: Sink, failure: Reply, startedMs: number): void {
    const deadline = new Deadline(this.#clock, startedMs + this.#deadlineMs);
    const backup = this.#backups.pick(request);
    const may = backup.usable && this.#mayAnswer(backup, request);
    if (deadline.passed || !may) return sink.reply(failure);
    const second = new PatientSink(sink, failure);
    this.#ask(backup, request, second, null);
    second.expireAt(deadline);
  }
}
