/** A server, as routes see it, that answers when the test says so. */

import { failedReply, type FailureReason, Reply, ReplyStatus } from "../../src/message/reply.ts";
import type { Request } from "../../src/message/request.ts";
import {
  type Destination,
  type Phase,
  refuse,
  type Rescue,
  type Sink,
} from "../../src/route/route.ts";
import { toText } from "./latin1.ts";
import { writtenRequest } from "./parsed_request.ts";

interface Asked {
  readonly text: string;
  readonly request: Request;
  readonly sink: Sink;
  readonly rescue: Rescue | null;
  readonly startedMs: number;
}

/** Keeps what it was asked until `answer` or `fail`, oldest first. */
export class FakeDestination implements Destination {
  usable = true;
  reachable = true;
  phase: Phase = "serving";
  missesKeys = false;
  epoch = 0;
  readable = true;
  speaksMeta = true;
  /** Everything it was ever sent. */
  readonly received: string[] = [];
  readonly waiting: Asked[] = [];
  readonly name: string;
  readonly #now: () => number;
  /** Answers in the same turn, when set. */
  immediately: Reply | null = null;

  constructor(name: string, now: () => number = () => 0) {
    this.name = name;
    this.#now = now;
  }

  sendOr(request: Request, sink: Sink, rescue: Rescue | null): void {
    const startedMs = this.#now();
    if (!this.usable) {
      const failure = failedReply("ejected", this.name, false);
      return refuse(request, sink, rescue, { failure, startedMs });
    }
    const text = writtenRequest(request);
    this.received.push(text);
    if (this.immediately !== null) return sink.reply(this.immediately);
    this.waiting.push({ text, request: request.retain(), sink, rescue, startedMs });
  }

  /** Answers the oldest with a line. */
  answer(line: string): void {
    this.answerWith(replyOf(line));
  }

  answerWith(reply: Reply): void {
    this.waiting.shift()!.sink.reply(reply);
  }

  /** Fails the oldest. */
  fail(reason: FailureReason = "connection lost", inDoubt = true): void {
    const { request, sink, rescue, startedMs } = this.waiting.shift()!;
    refuse(request, sink, rescue, { failure: failedReply(reason, this.name, inDoubt), startedMs });
  }

  /** Takes the oldest out, to be answered by hand. */
  take(): Asked {
    return this.waiting.shift()!;
  }
}

const STATUSES: readonly (readonly [string, ReplyStatus])[] = [
  ["STORED", ReplyStatus.Stored],
  ["HD", ReplyStatus.Stored],
  ["NOT_STORED", ReplyStatus.NotStored],
  ["EXISTS", ReplyStatus.Exists],
  ["NOT_FOUND", ReplyStatus.NotFound],
  ["DELETED", ReplyStatus.Deleted],
  ["TOUCHED", ReplyStatus.Touched],
  ["OK", ReplyStatus.Ok],
  ["EN", ReplyStatus.Miss],
  ["END", ReplyStatus.Miss],
  ["ERROR", ReplyStatus.Refused],
  ["CLIENT_ERROR", ReplyStatus.Refused],
  ["SERVER_ERROR", ReplyStatus.ServerError],
];

/** A one-line reply; a line of digits is a number. */
export function replyOf(line: string): Reply {
  const word = line.split(" ", 1)[0];
  const status = /^\d+ *$/.test(line)
    ? ReplyStatus.Number
    : STATUSES.find(([name]) => name === word)?.[1];
  if (status === undefined) throw new Error(`no status for ${JSON.stringify(line)}`);
  return Reply.fixed(status, `${line}\r\n`);
}

/** What a server answers to a fetch or a get that hits. */
export function hitOf(
  value: string,
  { key = "k", flags = 0, ttl = -1 }: { key?: string; flags?: number; ttl?: number } = {},
): Reply {
  const head = `VALUE ${key} ${flags} ${value.length}\r\n`;
  const reply = Reply.fixed(ReplyStatus.Hit, `${head}${value}\r\n`);
  reply.flags = flags;
  reply.ttl = ttl;
  reply.keyStart = 6;
  reply.keyEnd = 6 + key.length;
  reply.valueStart = head.length;
  reply.valueEnd = head.length + value.length;
  return reply;
}

/** The same reply with a cas number behind it. */
export function withCas(reply: Reply, text: string): Reply {
  const tail = new TextEncoder().encode(text);
  const bytes = new Uint8Array(reply.bytes.length + tail.length);
  bytes.set(reply.bytes);
  bytes.set(tail, reply.bytes.length);
  const casStart = reply.bytes.length + 2;
  return Object.assign(reply, { bytes, end: bytes.length, casStart, casEnd: bytes.length });
}

/** The value that a reply carries. */
export function valueOf(reply: Reply): string {
  return toText(reply.bytes, reply.valueStart, reply.valueEnd);
}
