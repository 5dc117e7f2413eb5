/**
 * Gives every reply of one connection to the exchange it belongs to.
 *
 *   chunk -> parser -> oldest exchange -> sink
 *
 * A merged retrieval line is answered by values in the order of its keys and
 * one `END`; keys that are passed over are misses. What does not fit the oldest
 * exchange is nonsense, and the connection must be closed.
 *
 * Owned by: Connection. Owns: the bytes that are not parsed yet, and the sink of
 * a large value until its end.
 */

import { ChunkLoan } from "../message/loan.ts";
import { Reply, ReplyStatus } from "../message/reply.ts";
import { Answer, ClassicReplyParser } from "../protocol/classic_reply_parser.ts";
import { Input } from "../protocol/input.ts";
import type { Sink } from "../route/route.ts";
import type { ExchangeQueue } from "./exchange_queue.ts";
import { isPossibleLine, isPossibleValue } from "./possible_answers.ts";

const CR = 0x0d;
const LF = 0x0a;
/** Values that come in pieces are put together in a buffer of up to this, used again, bytes. */
const SPARE_BYTES_MAX = 64 << 10;
const MISS = Reply.fixed(ReplyStatus.Miss, "END\r\n");

/** What the matcher tells its connection. */
export interface MatcherOwner {
  /** An exchange is complete. */
  answered(): void;
  /** A value of this many bytes begins, which will not be assembled. */
  largeBegins(valueBytes: number): void;
  /** What cas numbers of this server are marked with, as `Reply.generation`. */
  readonly generation: number;
}

/** Splits what a server says into replies, and finds who waits for each. */
export class ReplyMatcher {
  readonly #queue: ExchangeQueue;
  readonly #owner: MatcherOwner;
  readonly #parser: ClassicReplyParser;
  readonly #input = new Input(SPARE_BYTES_MAX);
  readonly #reply = new Reply();
  readonly #loan = new ChunkLoan();
  /** The line in hand has had a reply for some key, and owes its `END`. */
  #groupOpen = false;
  #large: Sink | null = null;
  #largeLeft = 0;

  constructor(queue: ExchangeQueue, owner: MatcherOwner, streamBytes: number) {
    this.#queue = queue;
    this.#owner = owner;
    this.#parser = new ClassicReplyParser(streamBytes);
    this.#reply.loan = this.#loan;
  }

  /** The server owes the rest of something it has begun. */
  get midReply(): boolean {
    return this.#groupOpen || this.#large !== null;
  }

  /** Who takes the large value under way. */
  get large(): Sink | null {
    return this.#large;
  }

  /** Handles what has come; false when it makes no sense. The chunk is borrowed. */
  receive(chunk: Uint8Array): boolean {
    const input = this.#input;
    input.begin(chunk);
    try {
      do {
        if (!this.#handle()) return false;
        this.#loan.end();
      } while (input.goOn());
      return this.#mayBegin();
    } finally {
      this.#loan.end();
      input.keep();
    }
  }

  /** No more will come: a large value under way has broken off. */
  breakOff(): void {
    this.#large?.end(false);
    this.#large = null;
  }

  /** Until more is needed; false when it makes no sense. */
  #handle(): boolean {
    for (;;) {
      if (this.#large !== null) {
        if (!this.#mayEndLarge()) return false;
        if (!this.#passLarge()) return true;
      }
      switch (this.#parser.next(this.#input, this.#reply)) {
        case Answer.More:
          return true;
        case Answer.Value:
          if (!this.#value()) return false;
          break;
        case Answer.LargeValue:
          if (!this.#largeValue()) return false;
          break;
        case Answer.End:
          if (!this.#end()) return false;
          break;
        case Answer.Line:
          if (!this.#line()) return false;
          break;
        default:
          return false;
      }
    }
  }

  /** What has begun was asked for before: else its rest would be taken for a later answer. */
  #mayBegin(): boolean {
    return this.#input.length === 0 || this.midReply || this.#queue.headWritten;
  }

  #value(): boolean {
    const sink = this.#ownerOfValue();
    if (sink === null) return false;
    this.#mark();
    sink.reply(this.#reply);
    this.#owner.answered();
    return true;
  }

  #largeValue(): boolean {
    const sink = this.#ownerOfValue();
    if (sink === null) return false;
    this.#large = sink;
    this.#largeLeft = this.#parser.valueLeft;
    this.#mark();
    sink.begin(this.#reply);
    this.#owner.largeBegins(this.#largeLeft);
    return true;
  }

  /** Finds whose value this is; keys of its line that were passed over are misses. */
  #ownerOfValue(): Sink | null {
    const queue = this.#queue;
    const reply = this.#reply;
    if (!queue.headWritten) return null;
    if (reply.meta) return isPossibleValue(queue.command) ? queue.shift() : null;
    const { bytes, keyStart, keyEnd } = reply;
    // Looked for before anybody is answered: a foreign key says nothing about the others.
    const misses = queue.keysBefore(bytes, keyStart, keyEnd, this.#groupOpen);
    if (misses < 0) return null;
    this.#groupOpen = true;
    for (let passed = 0; passed < misses; passed++) queue.shift().reply(MISS);
    return queue.shift();
  }

  #end(): boolean {
    const queue = this.#queue;
    if (!this.#groupOpen) {
      if (!queue.headRetrieves) return false;
      queue.shift().reply(MISS);
    }
    while (queue.joined) queue.shift().reply(MISS);
    this.#groupOpen = false;
    this.#owner.answered();
    return true;
  }

  #line(): boolean {
    const queue = this.#queue;
    const reply = this.#reply;
    if (this.#groupOpen) return this.#failedRetrieval(reply);
    if (!queue.headWritten) return false;
    if (queue.command.retrieves) return this.#failedRetrieval(reply);
    if (!isError(reply) && !this.#isPossible(reply)) return false;
    this.#mark();
    queue.shift().reply(reply);
    this.#owner.answered();
    return true;
  }

  /** A cas number comes with whose it is. */
  #mark(): void {
    const reply = this.#reply;
    if (reply.casEnd > reply.casStart) reply.generation = this.#owner.generation;
  }

  /** HD for a set, STORED for an ms or a delete: this server has lost count. */
  #isPossible(reply: Reply): boolean {
    const { command } = this.#queue;
    return reply.meta === command.meta && isPossibleLine(command, reply.status);
  }

  /** An error line in place of `END` answers every key that is still open. */
  #failedRetrieval(reply: Reply): boolean {
    if (!isError(reply)) return false;
    if (!this.#groupOpen) this.#queue.shift().reply(reply);
    while (this.#queue.joined) this.#queue.shift().reply(reply);
    this.#groupOpen = false;
    this.#owner.answered();
    return true;
  }

  /** False when other bytes than a line end close the large value. */
  #mayEndLarge(): boolean {
    const { bytes, pos, end } = this.#input;
    const lf = pos + this.#largeLeft - 1;
    if (lf < end && bytes[lf] !== LF) return false;
    return lf - 1 < pos || lf - 1 >= end || bytes[lf - 1] === CR;
  }

  /** Passes on what has come of a large value; false when more is to come. */
  #passLarge(): boolean {
    const input = this.#input;
    const count = Math.min(this.#largeLeft, input.length);
    if (count > 0) this.#large!.part(input.bytes, input.pos, input.pos + count);
    input.pos += count;
    this.#largeLeft -= count;
    if (this.#largeLeft > 0) return false;
    const sink = this.#large!;
    this.#large = null;
    sink.end(true);
    this.#owner.answered();
    return true;
  }
}

function isError(reply: Reply): boolean {
  return reply.status === ReplyStatus.Refused || reply.status === ReplyStatus.ServerError;
}
