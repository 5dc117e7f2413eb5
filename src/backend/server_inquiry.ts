/**
 * Administrative questions to servers (`stats` groups, `cache_memlimit`, …), out
 * of the way of requests.
 *
 *   ask() -> [running, at most so many] or waiting in line -> socket of its own -> answer
 *
 * A server that is ejected is not asked. The same `stats` asked twice before its
 * line has left is asked once, so that eager monitors cost a server little.
 *
 * Owned by: Proxy. Owns: the inquiries that run or wait.
 */

import type { FailureReason } from "../message/reply.ts";
import type { Address } from "../runtime/runtime.ts";
import type { InquiryCounters } from "../stats/inquiry_counters.ts";
import { type Answer, Inquiry, type InquiryOptions } from "./inquiry.ts";

/** Defaults: inquiries at a time, those that wait for one of them, and bytes of an answer. */
export const INQUIRY_LIMITS = {
  runningMax: 32,
  waitingMax: 1024,
  /** `stats conns` of a server with about twenty thousand clients. */
  answerBytes: 4 << 20,
};

/** A server that can be asked. */
export interface AskedServer {
  readonly name: string;
  readonly address: Address;
  readonly usable: boolean;
}

/** Who runs how many inquiries. */
export interface ServerInquiryOptions extends InquiryOptions {
  readonly runningMax: number;
  readonly waitingMax: number;
  readonly counters: InquiryCounters;
}

/** Asks servers. */
export class ServerInquiry {
  readonly #options: ServerInquiryOptions;
  readonly #waiting: Inquiry[] = [];
  readonly #running = new Set<Inquiry>();
  /** The last of each question, by server and line: a few per server. Others may join it. */
  readonly #shared = new Map<string, Inquiry>();
  #closed = false;

  constructor(options: ServerInquiryOptions) {
    this.#options = options;
  }

  /** Asks all servers; calls back once, with the answers in their order. */
  askAll(
    servers: readonly AskedServer[],
    line: string,
    done: (answers: readonly Answer[]) => void,
  ): void {
    const answers = new Array<Answer>(servers.length);
    let left = servers.length;
    if (left === 0) return done(answers);
    for (const [index, server] of servers.entries()) {
      this.ask(server, line, (answer) => {
        answers[index] = answer;
        if (--left === 0) done(answers);
      });
    }
  }

  /** Asks one server; calls back once, at once when it cannot be asked. */
  ask(server: AskedServer, line: string, told: (answer: Answer) => void): void {
    const { counters } = this.#options;
    counters.asked++;
    const refusal = this.#refusal(server);
    if (refusal !== null) return told({ text: null, failure: refusal });
    const inquiry = this.#inquiryFor(server, line);
    if (inquiry === null) {
      counters.refused++;
      return told({ text: null, failure: "overload" });
    }
    inquiry.join((answer) => {
      if (answer.failure !== null) counters.failed++;
      told(answer);
    });
    this.#startNext();
  }

  /** Gives up everything; safe to call twice. */
  close(): void {
    this.#closed = true;
    for (const inquiry of [...this.#running, ...this.#waiting]) inquiry.fail("shutdown");
    this.#waiting.length = 0;
  }

  #refusal(server: AskedServer): FailureReason | null {
    if (this.#closed) return "shutdown";
    return server.usable ? null : "ejected";
  }

  /** One that asks the same and may be joined, or a new one; null at the limit. */
  #inquiryFor(server: AskedServer, line: string): Inquiry | null {
    const name = `${server.name}\n${line}`;
    const shared = this.#shared.get(name);
    if (shared !== undefined && shared.joinable) return shared;
    const { runningMax, waitingMax } = this.#options;
    this.#forgetDone();
    if (this.#running.size >= runningMax && this.#waiting.length >= waitingMax) return null;
    const inquiry = new Inquiry(server.address, line, this.#options);
    this.#waiting.push(inquiry);
    // Only questions: a command asked twice is to act twice.
    if (line.startsWith("stats")) this.#shared.set(name, inquiry);
    return inquiry;
  }

  #startNext(): void {
    this.#forgetDone();
    while (this.#running.size < this.#options.runningMax) {
      const inquiry = this.#waiting.shift();
      if (inquiry === undefined) return;
      this.#running.add(inquiry);
      inquiry.start().then(() => {
        this.#running.delete(inquiry);
        this.#startNext();
      });
    }
  }

  /** Drops those whose time ran out while they waited. */
  #forgetDone(): void {
    while (this.#waiting.length > 0 && this.#waiting[0].done) this.#waiting.shift();
  }
}
