/** A client of a schedule: one request after the other, chosen at random. */

import type { Reply } from "../../src/message/reply.ts";
import { ReplyStatus } from "../../src/message/reply.ts";
import { appendCasToken } from "../../src/protocol/cas_token.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import { CallbackSink } from "../../src/route/callback_sink.ts";
import { toText } from "../support/latin1.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import type { SeededRandom } from "../support/seeded_random.ts";
import { stayed, type Teller, tellers } from "./holders.ts";
import {
  appendedValue,
  isCounter,
  type Operation,
  type OperationKind,
  writtenValue,
} from "./operation.ts";
import type { SimProxy, SimWorld } from "./sim_proxy.ts";

/** Flags tell whose value it is, too. */
const FLAGS_MAX = 60_000;

/** Kinds that say how long the value lives. */
const LASTING: readonly OperationKind[] = ["set", "add", "cas", "touch"];

/** Where clients write down what they did. */
export interface Journal {
  readonly world: SimWorld;
  readonly history: Operation[];
  /** A number that grows with every event. */
  step(): number;
}

/** Sends requests through one proxy. */
export class ModelClient {
  readonly #proxy: SimProxy;
  readonly #journal: Journal;
  readonly #keys: readonly string[];
  readonly #writable: readonly string[];
  /** The last read of each key that told a cas number. */
  readonly #reads = new Map<string, Operation>();
  /** What it asked and has had no answer to. */
  #open: Operation | null = null;

  /** Reads `keys`, changes those that are `writable`, and flushes when that is all of them. */
  constructor(
    proxy: SimProxy,
    journal: Journal,
    keys: { readonly keys: readonly string[]; readonly writable: readonly string[] },
  ) {
    this.#proxy = proxy;
    this.#journal = journal;
    this.#keys = keys.keys;
    this.#writable = keys.writable;
    proxy.whenCrashed(() => this.#abandoned());
  }

  /** It waits for an answer. */
  get busy(): boolean {
    return this.#open !== null;
  }

  /** Writes something. */
  sendFirst(random: SeededRandom): void {
    this.send("set", random.pick(this.#writable));
  }

  /** Sends something. */
  sendAny(random: SeededRandom): void {
    const key = random.pick(this.#keys);
    const kind = this.#writable.includes(key) ? anyKind(random, key) : "get";
    const forbidden = kind === "flush_all" && this.#writable.length < this.#keys.length;
    const blind = kind === "cas" && !this.#reads.has(key);
    this.send(
      forbidden || blind ? "get" : kind,
      key,
      random.chance(0.25) ? 2 + random.below(6) : 0,
    );
  }

  send(kind: OperationKind, key: string, exptime = 0): void {
    const { history, world } = this.#journal;
    const compared = kind === "cas" ? this.#reads.get(key)! : null;
    const operation: Operation = {
      id: history.length + 1,
      proxy: this.#proxy.number,
      life: this.#proxy.crashes,
      kind,
      key: kind === "flush_all" ? "" : key,
      exptime: LASTING.includes(kind) ? exptime : 0,
      cas: compared?.cas ?? "",
      compared,
      start: this.#journal.step(),
      startMs: world.clock.now(),
      end: Infinity,
      endMs: Infinity,
      status: ReplyStatus.Failed,
      value: "",
      flags: 0,
      text: "",
      held: false,
      shaken: false,
      undisturbed: false,
    };
    history.push(operation);
    this.#open = operation;
    const request = parsedRequest(lineOf(operation));
    const before = kind === "flush_all" ? [] : tellers(this.#proxy, world, key);
    const told = new CallbackSink((reply) => this.#answered(operation, reply, before));
    this.#proxy.routes.route.send(request, told);
  }

  #answered(operation: Operation, reply: Reply, before: readonly Teller[]): void {
    if (this.#open !== operation) return;
    const { world } = this.#journal;
    this.#end(operation);
    operation.status = reply.status;
    operation.flags = reply.flags;
    operation.text = toText(reply.bytes, reply.start, reply.end);
    operation.value = reply.status === ReplyStatus.Hit
      ? toText(reply.bytes, reply.valueStart, reply.valueEnd)
      : operation.text.trim();
    if (operation.kind === "get" && reply.casEnd > reply.casStart) {
      operation.cas = casOf(reply);
      this.#reads.set(operation.key, operation);
    }
    if (before.length === 0) return;
    const after = tellers(this.#proxy, world, operation.key);
    operation.undisturbed = stayed(before, after).length === world.serversOf(operation.key).length;
    const holders = before.filter(({ holds }) => holds);
    const left = stayed(holders, after.filter(({ holds }) => holds));
    operation.held = left.length > 0;
    operation.shaken = left.length < holders.length;
  }

  /** Its proxy is gone: nobody knows what became of the request. */
  #abandoned(): void {
    if (this.#open === null) return;
    this.#open.shaken = true;
    this.#end(this.#open);
  }

  #end(operation: Operation): void {
    operation.end = this.#journal.step();
    operation.endMs = this.#journal.world.clock.now();
    this.#open = null;
  }
}

/** The flags of a value written by this operation. */
export function flagsOf({ id }: Pick<Operation, "id">): number {
  return id % FLAGS_MAX;
}

/** The cas number as a client gets it. */
function casOf(reply: Reply): string {
  if (reply.generation === 0) return toText(reply.bytes, reply.casStart, reply.casEnd);
  const out = new OutputBuffer();
  appendCasToken(out, reply);
  return toText(out.view());
}

function anyKind(random: SeededRandom, key: string): OperationKind {
  const chance = random.below(100);
  if (chance < 42) return "get";
  if (chance < 50) return "cas";
  if (chance < 65) return "set";
  if (chance < 74) return "delete";
  if (chance < 84) return isCounter(key) ? "incr" : "append";
  if (chance < 90) return "touch";
  if (chance < 98) return "add";
  return "flush_all";
}

function lineOf(operation: Operation): string {
  const { kind, key, exptime } = operation;
  const block = (value: string, cas = "") =>
    `${flagsOf(operation)} ${exptime} ${value.length}${cas}\r\n${value}\r\n`;
  switch (kind) {
    case "set":
    case "add":
      return `${kind} ${key} ${block(writtenValue(operation))}`;
    case "cas":
      return `cas ${key} ${block(writtenValue(operation), ` ${operation.cas}`)}`;
    case "get":
      // The value with its cas number.
      return `gets ${key}\r\n`;
    case "append":
      return `append ${key} ${block(appendedValue(operation))}`;
    case "incr":
      return `incr ${key} 1\r\n`;
    case "touch":
      return `touch ${key} ${exptime}\r\n`;
    case "flush_all":
      return "flush_all\r\n";
    default:
      return `${kind} ${key}\r\n`;
  }
}
