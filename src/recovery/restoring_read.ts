/**
 * One read of a key whose main is being restored.
 *
 *   main: hit, or a miss that is known for one ─> client
 *   main: miss, or an empty placeholder ──> backup: hit ──> client, and a repair
 *                                                   miss ─> client
 *
 * `get` and `gets` leave with those of others in one line, as always. An empty value may be
 * a placeholder, which shows in meta only: then the main is asked once more.
 *
 * Owned by: the connection that owes the reply.
 */

import { FETCH } from "../message/command.ts";
import { Reply, ReplyStatus } from "../message/reply.ts";
import type { Request } from "../message/request.ts";
import { requestOf } from "../message/request_of.ts";
import { classicHead, classicValue } from "../protocol/value_reply.ts";
import type { Copies, Destination, Sink } from "../route/route.ts";
import { UNTRUSTED } from "../route/untrusted.ts";

const MISS = Reply.fixed(ReplyStatus.Miss, "END\r\n");

/** What the read asks of the recovery of its server. */
export interface ReadRepair {
  /** The key was found at the backup only, with a value so long. */
  found(key: Request, valueBytes: number): void;
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
  /** The main has been asked in meta for what a client asked in the classic words. */
  #inMeta = false;
  #alone = false;
  /** Of a value that comes in parts. */
  #largeBytes = 0;

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
    this.#copies.main.sendOr(this.#request, this, null);
  }

  get backedUp(): boolean {
    return this.#sink.backedUp;
  }

  whenDrained(callback: () => void): void {
    this.#sink.whenDrained(callback);
  }

  reply(reply: Reply): void {
    if (this.#asked === "main") return this.#fromMain(reply);
    if (isHit(reply)) this.#repair.found(this.#request, reply.valueEnd - reply.valueStart);
    this.#sink.reply(reply);
  }

  begin(head: Reply): void {
    const { command } = this.#request;
    const classic = this.#inMeta && this.#asked === "main";
    this.#largeBytes = head.valueEnd - head.valueStart;
    this.#sink.begin(classic ? classicHead(command, this.#request.keyText(), head) : head);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.#sink.part(bytes, start, end);
  }

  end(complete: boolean): void {
    if (complete && this.#asked === "backup") {
      this.#repair.found(this.#request, this.#largeBytes);
    }
    this.#sink.end(complete);
  }

  /** The copy may hold placeholders, too. */
  #askRestoring(server: Destination): void {
    const copies = { main: server, backup: server };
    new RestoringRead(this.#request, this.#sink, { copies, repair: this.#repair }).startAlone();
  }

  #askInMeta(): void {
    this.#inMeta = true;
    this.#copies.main.sendOr(requestOf(FETCH, this.#request), this, null);
  }

  #fromMain(reply: Reply): void {
    const { command } = this.#request;
    if (command.retrieves && !this.#inMeta && isEmpty(reply)) return this.#askInMeta();
    if (isValue(reply)) {
      const classic = this.#inMeta;
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

function isEmpty(reply: Reply): boolean {
  return reply.status === ReplyStatus.Hit && reply.valueStart === reply.valueEnd;
}

/** Somebody holds the right to fill the key, and has not yet. */
function isPlaceholder(reply: Reply): boolean {
  return (reply.taken || reply.won) && reply.valueStart >= reply.valueEnd - placeholderSlack(reply);
}

/** The line of an `HD` is no value. */
function placeholderSlack(reply: Reply): number {
  return reply.status === ReplyStatus.Stored ? reply.valueEnd - reply.valueStart : 0;
}
