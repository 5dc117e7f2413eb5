/**
 * One run of a reply matcher over what a server says, with exchanges that wait, and what
 * it has to keep to:
 *
 *   every sink is answered exactly once, a hit has the key it was asked for, an answer is
 *   one that its command can have, and bytes marked with one exchange's key never reach
 *   another's sink.
 *
 * What waits stands in the head of the input, in words: `clean get a; +get b; set c; | mg d v`.
 * `+` shares the line of the one before, `=2` the answer of the last but one; what follows `|`
 * is not written yet. Of a `clean`
 * conversation every answer must arrive; of one in `disorder` none may go astray; of a
 * `mutated` one, values may hold anything.
 */

import { ExchangeQueue } from "../../src/backend/exchange_queue.ts";
import { ReplyMatcher } from "../../src/backend/reply_matcher.ts";
import { failedReply, type Reply, ReplyStatus } from "../../src/message/reply.ts";
import { Request } from "../../src/message/request.ts";
import type { Rescue, Sink } from "../../src/route/route.ts";
import { parsedRequest } from "../../tests/support/parsed_request.ts";
import { possibleStatuses } from "./possible_statuses.ts";
import { feed, type FuzzInput, promise } from "./subject.ts";
import { hashBytes, Trace } from "./trace.ts";

/** Values longer than this come in parts. */
export const REPLY_STREAM_BYTES = 64;

/** How far what the server says may be trusted. */
type Mode = "clean" | "disorder" | "mutated";

const UNANSWERED = failedReply("connection lost", "server", true);

/** Requests by their words; parsed once. */
const requests = new Map<string, Request>();

/** A matcher with its queue, as a connection has them. */
export class ReplyRun {
  readonly trace: Trace = new Trace();
  readonly #mode: Mode;
  readonly #queue = new ExchangeQueue();
  readonly #sinks: TaggedSink[] = [];
  readonly #matcher: ReplyMatcher;
  #answered = 0;

  constructor(head: string) {
    const space = head.indexOf(" ");
    this.#mode = head.slice(0, space) as Mode;
    for (const words of head.slice(space + 1).split("; ")) this.#ask(words);
    if (!head.includes("|")) this.#queue.markWritten();
    const owner = {
      answered: () => void this.#answered++,
      largeBegins: () => {},
      generation: 0,
    };
    this.#matcher = new ReplyMatcher(this.#queue, owner, REPLY_STREAM_BYTES);
  }

  /** Reads all pieces, or up to where the connection would be closed. */
  read(input: FuzzInput, cuts: readonly number[]): Trace {
    let sense = true;
    feed(input.bytes, cuts, (piece) => sense = this.#matcher.receive(piece));
    this.trace.note(Number(sense), this.#answered);
    const broken = this.#matcher.large;
    this.#matcher.breakOff();
    while (this.#queue.size > 0) {
      const { rescue } = this.#queue;
      const request = this.#queue.rebuild(new Request());
      rescue!.rescue(request, this.#queue.shift(), UNANSWERED, 0);
    }
    for (const sink of this.#sinks) promise(sink.done, "every sink is answered");
    if (this.#mode === "clean") {
      promise(sense, "a server that is right is understood");
      const all = this.#sinks.every((sink) => sink.told) && broken === null;
      promise(all, "every answer arrives");
    }
    return this.trace;
  }

  #ask(words: string): void {
    if (words.startsWith("| ")) this.#queue.markWritten();
    const joined = words.startsWith("+");
    const back = Number(/^=(\d+) /.exec(words)?.[1] ?? 0);
    const text = words.replace(/^\| |^\+|^=\d+ /, "");
    const request = requests.get(text) ?? toRequest(text);
    requests.set(text, request);
    const options = { index: this.#sinks.length, trace: this.trace, mode: this.#mode };
    const sink = new TaggedSink(request, options);
    this.#sinks.push(sink);
    if (back === 0) return this.#queue.push(request, sink, LEFT, joined, 0);
    const { opcode, background } = request;
    this.#queue.share(back, { sink, rescue: LEFT, startedMs: 0, opcode, background });
  }
}

function toRequest(text: string): Request {
  const stores = /^(set|add|append|cas|ms) /.test(text);
  return parsedRequest(`${text}\r\n${stores ? "v\r\n" : ""}`).retain();
}

/** Told of those whom no server will answer. */
const LEFT: Rescue = {
  rescue: (_, sink) => {
    promise(!(sink as TaggedSink).done, "an exchange leaves the queue once");
    (sink as TaggedSink).left();
  },
};

/** Takes the answer of one exchange. */
class TaggedSink implements Sink {
  /** It was answered, or told that it will not be. */
  done = false;
  /** A server answered it. */
  told = false;
  readonly backedUp = false;
  readonly #request: Request;
  readonly #options: { index: number; trace: Trace; mode: Mode };
  #large = false;
  #hash = 0;
  #left = 0;

  constructor(request: Request, options: { index: number; trace: Trace; mode: Mode }) {
    this.#request = request;
    this.#options = options;
  }

  reply(reply: Reply): void {
    promise(!this.done && !this.#large, "a sink is answered once");
    this.done = this.told = true;
    this.#check(reply);
    promise(reply.end <= reply.bytes.length, "a reply lies in its buffer");
    if (reply.status === ReplyStatus.Hit) {
      promise(reply.valueEnd <= reply.end, "a value lies in its reply");
      this.#checkValue(reply.bytes, reply.valueStart, reply.valueEnd);
    }
    this.#options.trace.note(this.#options.index, reply.status, reply.flags, reply.ttl);
    this.#options.trace.noteBytes(reply.bytes, reply.start, reply.end);
  }

  begin(head: Reply): void {
    promise(!this.done && !this.#large, "a sink is answered once");
    this.#large = true;
    this.#check(head);
    this.#left = head.valueEnd - head.valueStart;
    promise(Number.isSafeInteger(this.#left), "a value has a length");
    this.#options.trace.note(this.#options.index, head.status, head.flags, this.#left);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    promise(this.#large && !this.done, "a part follows its head");
    promise(start >= 0 && start < end && end <= bytes.length, "a part lies in its buffer");
    const valueEnd = Math.min(end, start + this.#left);
    this.#checkValue(bytes, start, valueEnd);
    this.#left -= valueEnd - start;
    this.#hash = hashBytes(this.#hash, bytes, start, end);
  }

  end(complete: boolean): void {
    promise(this.#large && !this.done, "an end follows its head");
    this.done = true;
    this.told = complete;
    promise(!complete || this.#left === 0, "a complete value has all its bytes");
    // How much came of one that breaks off is for the network to say.
    this.#options.trace.note(this.#options.index, complete ? this.#hash : -1);
  }

  whenDrained(callback: () => void): void {
    callback();
  }

  /** No server will answer it. */
  left(): void {
    promise(!this.#large, "a large value has left the queue");
    this.done = true;
  }

  #check(reply: Reply): void {
    const { command } = this.#request;
    const possible = possibleStatuses(command.shape).includes(reply.status);
    promise(possible, `${command.name} can be answered with status ${reply.status}`);
    if (reply.status !== ReplyStatus.Hit || command.meta) return;
    const { keyBytes, keyStart, keyEnd } = this.#request;
    const asked = hashBytes(0, keyBytes, keyStart, keyEnd);
    const got = hashBytes(0, reply.bytes, reply.keyStart, reply.keyEnd);
    promise(asked === got, "a hit has the key that was asked for");
  }

  /** Every byte of a value is the first letter of its key. */
  #checkValue(bytes: Uint8Array, start: number, end: number): void {
    const { command, keyBytes, keyStart } = this.#request;
    const { mode } = this.#options;
    // Meta answers name no key: out of order they cannot be told apart.
    if (mode === "mutated" || command.name === "me") return;
    if (mode === "disorder" && command.meta) return;
    if (command.shape === "metaArithmetic") return;
    for (let at = start; at < end; at++) {
      promise(bytes[at] === keyBytes[keyStart], "a value reaches who asked for it");
    }
  }
}
