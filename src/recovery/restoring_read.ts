/**
 * One read of a key whose main is being restored.
 *
 *   main: hit, or a miss that is known for one ─> client
 *   main: miss, or an empty placeholder ──> backup: hit ──> client, and a repair
 *                                                   miss ─> client
 *
 * `get` and `gets` are asked in meta, because only there a placeholder shows.
 *
 * Owned by: the connection that owes the reply.
 */

import { FETCH } from "../message/command.ts";
import { Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { classicHead, classicValue } from "../protocol/value_reply.ts";
import type { Copies, Destination, Sink } from "../route/route.ts";
import { UNTRUSTED } from "../route/untrusted.ts";

const MISS = Reply.fixed(ReplyStatus.Miss, "END\r\n");

/** What the read asks of the recovery of its server. */
export interface ReadRepair {
  /** The key was found at the backup only. */
  found(key: Request, copies: Copies): void;
  /** What the server lacks, no other has. */
  knows(server: Destination, key: Request): boolean;
}

/** Asks the main, then the backup. */
export class RestoringRead implements Sink {
  readonly #request: Request;
  readonly #sink: Sink;
  readonly #copies: Copies;
  readonly #repair: ReadRepair;
  #asked: "main" | "backup" = "main";
  #alone = false;

  /** `request` is owned. */
  constructor(request: Request, sink: Sink, options: { copies: Copies; repair: ReadRepair }) {
    this.#request = request;
    this.#sink = sink;
    this.#copies = options.copies;
    this.#repair = options.repair;
  }

  /** Asks the restored server alone: its copy cannot be asked. */
  startAlone(): void {
    this.#alone = true;
    this.start();
  }

  start(): void {
    const { command, keyBytes, keyStart, keyEnd } = this.#request;
    const asked = command.retrieves
      ? new Request().make(FETCH, keyBytes, keyStart, keyEnd)
      : this.#request;
    this.#copies.main.sendOr(asked, this, null);
  }

  get backedUp(): boolean {
    return this.#sink.backedUp;
  }

  whenDrained(callback: () => void): void {
    this.#sink.whenDrained(callback);
  }

  reply(reply: Reply): void {
    if (this.#asked === "main") return this.#fromMain(reply);
    if (isHit(reply)) this.#repair.found(this.#request, this.#copies);
    this.#sink.reply(reply);
  }

  begin(head: Reply): void {
    const { command } = this.#request;
    const classic = this.#asked === "main" && command.retrieves;
    this.#sink.begin(classic ? classicHead(command, this.#request.keyText(), head) : head);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.part(bytes, start, end);
  }

  end(complete: boolean): void {
    this.#sink.end(complete);
  }

  /** The copy may hold placeholders, too. */
  #askRestoring(server: Destination): void {
    const copies = { main: server, backup: server };
    new RestoringRead(this.#request, this.#sink, { copies, repair: this.#repair }).startAlone();
  }

  #fromMain(reply: Reply): void {
    const { command } = this.#request;
    if (isValue(reply)) {
      const classic = command.retrieves;
      this.#sink.reply(classic ? classicValue(command, this.#request.keyText(), reply) : reply);
      return;
    }
    if (reply.status === ReplyStatus.Miss && this.#repair.knows(this.#copies.main, this.#request)) {
      return this.#sink.reply(command.retrieves ? MISS : reply);
    }
    if (this.#alone) return this.#sink.reply(UNTRUSTED);
    const { backup } = this.#copies;
    if (backup.phase === "restoring") return this.#askRestoring(backup);
    this.#asked = "backup";
    backup.sendOr(this.#request, this, null);
  }
}

/** A hit that is no placeholder. */
export function isValue(reply: Reply): boolean {
  return isHit(reply) && !isPlaceholder(reply);
}

/** `HD` of an `mg` without `v` counts as stored. */
function isHit(reply: Reply): boolean {
  return reply.status === ReplyStatus.Hit || reply.status === ReplyStatus.Stored;
}

/** Somebody holds the right to fill the key, and has not yet. */
function isPlaceholder(reply: Reply): boolean {
  return (reply.taken || reply.won) && reply.valueStart >= reply.valueEnd - placeholderSlack(reply);
}

/** The line of an `HD` is no value. */
function placeholderSlack(reply: Reply): number {
  return reply.status === ReplyStatus.Stored ? reply.valueEnd - reply.valueStart : 0;
}
