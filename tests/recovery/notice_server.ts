/** A server, as the board sees it, that keeps texts and answers at once, or not at all. */

import { assert } from "../../src/message/assert.ts";
import { ADD, DELETE, GET, SET } from "../../src/message/command.ts";
import { failedReply, Reply, ReplyStatus } from "../../src/message/reply.ts";
import type { Request } from "../../src/message/request.ts";
import type { Phase, Sink } from "../../src/route/route.ts";
import type { BoardServer } from "../../src/recovery/board_options.ts";
import { hitOf } from "../support/fake_destination.ts";
import { toText } from "../support/latin1.ts";

const STORED = Reply.fixed(ReplyStatus.Stored, "STORED\r\n");
const NOT_STORED = Reply.fixed(ReplyStatus.NotStored, "NOT_STORED\r\n");
const DELETED = Reply.fixed(ReplyStatus.Deleted, "DELETED\r\n");
const MISS = Reply.fixed(ReplyStatus.Miss, "END\r\n");

/** Shared by all proxies of a test. */
export class NoticeServer implements BoardServer {
  readonly name: string;
  readonly texts = new Map<string, string>();
  usable = true;
  gone = false;
  identity: { flushes: number } | null = { flushes: 0 };
  reachable = true;
  readable = true;
  speaksMeta = true;
  missesKeys = false;
  phase: Phase = "serving";
  epoch = 0;
  /** Takes requests and does not answer them. */
  silent = false;
  /** Does as it is told, and answers when the test says so. */
  answersLater = false;
  #answers: (() => void)[] = [];
  /** Requests it was sent. */
  asked = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** What the notices on it say, in the order of their seats. */
  get notices(): string[] {
    return [...this.texts].filter(([key]) => /^magent:board:\d+$/.test(key)).map(([, text]) =>
      text
    );
  }

  sendOr(request: Request, sink: Sink): void {
    this.asked++;
    if (!this.usable) return sink.reply(failedReply("ejected", this.name, false));
    if (this.silent) return;
    const reply = this.#answer(request);
    if (this.answersLater) this.#answers.push(() => sink.reply(reply));
    else sink.reply(reply);
  }

  /** All that it owes, and at once from now on. */
  answerAll(): void {
    this.answersLater = false;
    for (const answer of this.#answers.splice(0)) answer();
  }

  #answer(
    { command, keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd }: Request,
  ): Reply {
    const key = toText(keyBytes, keyStart, keyEnd);
    const held = this.texts.get(key);
    if (command === GET) return held === undefined ? MISS : hitOf(held, { key });
    if (command === DELETE) {
      this.texts.delete(key);
      return DELETED;
    }
    assert(command === SET || command === ADD, "the board gets, sets, adds and deletes");
    if (command === ADD && held !== undefined) return NOT_STORED;
    this.texts.set(key, toText(valueBytes, valueStart, valueEnd));
    return STORED;
  }
}
