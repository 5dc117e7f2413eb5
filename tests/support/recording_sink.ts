/** A sink that remembers what it was told, and insists on being told once. */

import { assert } from "../../src/message/assert.ts";
import { type Reply, ReplyStatus } from "../../src/message/reply.ts";
import type { Sink } from "../../src/route/route.ts";
import { toText } from "./latin1.ts";

const NAMES = new Map(Object.entries(ReplyStatus).map(([name, status]) => [status, name]));

/** One entry per call, in order. */
export class RecordingSink implements Sink {
  /** `Hit`, `begin Hit`, `part`, `end`, `broken`. */
  readonly calls: string[] = [];
  readonly statuses: ReplyStatus[] = [];
  /** The bytes of replies, heads and parts. */
  text = "";
  last: Reply | null = null;
  backedUp = false;
  readonly #name: string;
  readonly #log: string[] | null;
  #state: "open" | "large" | "done" = "open";
  #drained: (() => void)[] = [];

  /** `log` gathers what several sinks are told, each entry with the sink's name. */
  constructor(name = "", log: string[] | null = null) {
    this.#name = name;
    this.#log = log;
  }

  get answered(): boolean {
    return this.#state === "done";
  }

  /** The name of the status it was answered with. */
  get status(): string {
    return this.statuses.map((status) => NAMES.get(status)).join(" ");
  }

  /** Why it failed; null when it did not. */
  get failure(): string | null {
    const failure = this.last?.failure ?? null;
    return failure === null ? null : `${failure.reason}${failure.inDoubt ? " in doubt" : ""}`;
  }

  reply(reply: Reply): void {
    assert(this.#state === "open", "one request has one reply");
    this.#state = "done";
    this.last = reply.retain();
    this.statuses.push(reply.status);
    this.text += toText(reply.bytes, reply.start, reply.end);
    this.#note(NAMES.get(reply.status)!);
  }

  begin(head: Reply): void {
    assert(this.#state === "open", "one request has one reply");
    this.#state = "large";
    this.statuses.push(head.status);
    this.text += toText(head.bytes, head.start, head.end);
    this.#note(`begin ${NAMES.get(head.status)}`);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    assert(this.#state === "large", "a part follows its head");
    this.text += toText(bytes, start, end);
    this.#note("part");
  }

  end(complete: boolean): void {
    assert(this.#state === "large", "an end follows its head");
    this.#state = "done";
    this.#note(complete ? "end" : "broken");
  }

  whenDrained(callback: () => void): void {
    if (this.backedUp) this.#drained.push(callback);
    else callback();
  }

  /** Its reader has taken what waited. */
  drain(): void {
    this.backedUp = false;
    for (const callback of this.#drained.splice(0)) callback();
  }

  #note(call: string): void {
    this.calls.push(call);
    this.#log?.push(`${this.#name} ${call}`);
  }
}
