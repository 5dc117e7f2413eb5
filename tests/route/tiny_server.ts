/**
 * A memcached of a few lines behind one pipelined connection, as a route sees it: requests wait
 * in order until the test lets one happen. A large value comes over a connection of its own, as
 * in `LargeValues`: it starts when all before it is answered, and happens at any time after.
 */

import type { Body } from "../../src/message/body.ts";
import { failedReply, type Reply } from "../../src/message/reply.ts";
import type { Request } from "../../src/message/request.ts";
import {
  type Destination,
  type Phase,
  refuse,
  type Rescue,
  type Sink,
} from "../../src/route/route.ts";
import { hitOf, replyOf } from "../support/fake_destination.ts";
import { toText } from "../support/latin1.ts";
import type { SeededRandom } from "../support/seeded_random.ts";

interface Item {
  readonly value: string;
  readonly flags: number;
}

interface Waiting {
  readonly request: Request;
  readonly sink: Sink;
  /** The value of a large request, as far as it has come. */
  large: string;
  /** Requests that were there before it. */
  before: number;
}

/** Holds items in memory. */
export class TinyServer implements Destination {
  usable = true;
  reachable = true;
  phase: Phase = "serving";
  missesKeys = false;
  epoch = 0;
  readable = true;
  readonly speaksMeta: boolean;
  readonly name: string;
  readonly items = new Map<string, Item>();
  #waiting: Waiting[] = [];
  #large: Waiting[] = [];

  constructor(name: string, { speaksMeta }: { speaksMeta: boolean }) {
    this.name = name;
    this.speaksMeta = speaksMeta;
  }

  /** Requests that have not happened yet. */
  get waiting(): number {
    return this.#waiting.length + this.#large.length;
  }

  sendOr(request: Request, sink: Sink, rescue: Rescue | null): void {
    if (!this.usable) {
      const failure = failedReply("ejected", this.name, false);
      return refuse(request, sink, rescue, { failure, startedMs: 0 });
    }
    const waiting: Waiting = { request: request.retain(), sink, large: "", before: 0 };
    if (request.body === null) {
      this.#waiting.push(waiting);
      return;
    }
    waiting.before = this.#waiting.length;
    this.#large.push(waiting);
    attach(request.body, (part) => waiting.large += part);
  }

  /** Lets one request happen and answers it; false when none can. */
  step(random: SeededRandom): boolean {
    const ready = this.#large.filter(({ before, request }) =>
      before === 0 && request.body!.left === 0
    );
    if (ready.length > 0 && (this.#waiting.length === 0 || random.chance(0.3))) {
      const large = random.pick(ready);
      this.#large.splice(this.#large.indexOf(large), 1);
      this.#happen(large, large.large.slice(0, -2));
      return true;
    }
    const next = this.#waiting.shift();
    if (next === undefined) return false;
    for (const large of this.#large) large.before = Math.max(0, large.before - 1);
    const { valueBytes, valueStart, valueEnd } = next.request;
    this.#happen(next, toText(valueBytes, valueStart, valueEnd));
    return true;
  }

  #happen({ request, sink }: Waiting, value: string): void {
    sink.reply(this.#answer(request, value));
  }

  #answer(request: Request, value: string): Reply {
    const { name } = request.command;
    if (name === "flush_all") {
      this.items.clear();
      return replyOf("OK");
    }
    const key = request.keyText();
    const old = this.items.get(key);
    const { flags } = request;
    switch (name) {
      case "set":
        return this.#store(key, { value, flags });
      case "add":
        return old === undefined ? this.#store(key, { value, flags }) : replyOf("NOT_STORED");
      case "replace":
        return old === undefined ? replyOf("NOT_STORED") : this.#store(key, { value, flags });
      case "append":
      case "prepend": {
        if (old === undefined) return replyOf("NOT_STORED");
        const joined = name === "append" ? old.value + value : value + old.value;
        return this.#store(key, { value: joined, flags: old.flags });
      }
      case "delete":
        return replyOf(this.items.delete(key) ? "DELETED" : "NOT_FOUND");
      case "incr":
        return this.#increment(key);
      case "mg":
        return old === undefined ? replyOf("EN") : hitOf(old.value, { key, flags: old.flags });
      default:
        throw new Error(`not simulated: ${name}`);
    }
  }

  #increment(key: string): Reply {
    const old = this.items.get(key);
    if (old === undefined) return replyOf("NOT_FOUND");
    if (!/^\d+$/.test(old.value)) return replyOf("CLIENT_ERROR non-numeric");
    const value = String(BigInt(old.value) + 1n);
    this.items.set(key, { value, flags: old.flags });
    return replyOf(value);
  }

  #store(key: string, item: Item): Reply {
    this.items.set(key, item);
    return replyOf("STORED");
  }
}

function attach(body: Body, take: (part: string) => void): void {
  body.attach({
    part: (bytes, start, end) => take(toText(bytes, start, end)),
    abort: () => {
      throw new Error("nobody aborts here");
    },
  });
}
