/**
 * One pipelined connection to one memcached.
 *
 *   send() -> pending --(one write per turn)--> inflight --(reply)--> sink
 *
 * Replies carry no request id, so the oldest exchange owns the next reply. That
 * is why a late reply costs the connection: skip it, and every client behind it
 * gets somebody else's value.
 *
 * Owned by: Backend. Owns: its socket, and every exchange until its sink is called.
 */

import type { Body } from "../message/body.ts";
import type { FailureReason, Reply } from "../message/reply.ts";
import { MATCHES_NOTHING, Request, SAME_CAS } from "../message/request.ts";
import { serverCasOf } from "../protocol/cas_token.ts";
import { refusalWithoutMeta, withoutMeta } from "../protocol/without_meta.ts";
import { refuse, type Rescue, type Sink } from "../route/route.ts";
import type { Socket } from "../runtime/runtime.ts";
import { BodyPassage, type PassageOwner } from "./body_passage.ts";
import type { ConnectionOwner } from "./connection_owner.ts";
import type { ConnectionServices } from "./connection_services.ts";
import { EarlyRequests, isOutdated } from "./early_requests.ts";
import { ExchangeQueue } from "./exchange_queue.ts";
import type { Abilities, Handshake } from "./handshake.ts";
import { generationOf } from "./identity.ts";
import { type MatcherOwner, ReplyMatcher } from "./reply_matcher.ts";
import { ReplyReader } from "./reply_reader.ts";
import { JOINED, RequestLines } from "./request_lines.ts";
import type { AskAgain, Asker } from "./shared_answer.ts";
import { type Debt, SilenceTimer } from "./silence_timer.ts";

/** A value longer than this gets its connection to itself, when nobody waits behind it, bytes. */
const OWN_CONNECTION_BYTES = 1 << 20;

/** A connection that opens itself, checks the server, and serves until it is closed. */
export class Connection implements MatcherOwner, PassageOwner, AskAgain {
  /** `connecting` includes the check that comes before the first client request. */
  state: "connecting" | "open" | "closed" = "connecting";
  abilities: Abilities | null = null;
  /** When it began to connect: what the server said of itself is no older. */
  readonly createdMs: number;
  /** When it became `open`. */
  openedMs = 0;
  readonly #owner: ConnectionOwner;
  readonly #services: ConnectionServices;
  readonly #handshake: Handshake;
  readonly #queue = new ExchangeQueue(this);
  readonly #matcher: ReplyMatcher;
  readonly #early = new EarlyRequests();
  readonly #classic = new Request();
  readonly #lines = new RequestLines();
  readonly #silence: SilenceTimer;
  readonly #reader: ReplyReader;
  #socket: Socket | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #writing = false;
  #scheduled = false;
  readonly #passage = new BodyPassage(this);

  constructor(owner: ConnectionOwner, handshake: Handshake, services: ConnectionServices) {
    this.#owner = owner;
    this.#handshake = handshake;
    this.#services = services;
    this.createdMs = services.clock.now();
    const queue = this.#queue;
    const matcher = new ReplyMatcher(queue, this, services.streamBytes);
    const silence = new SilenceTimer(services.clock, services.requestTimeoutMs, {
      debt: () => this.#debt(),
      expired: () => this.close("request timeout"),
    });
    this.#matcher = matcher;
    this.#silence = silence;
    this.#reader = new ReplyReader(this, { queue, matcher, silence, owner, services });
    this.#run();
  }

  /** Our side of the connection; empty until it is open. */
  get localAddress(): string {
    return this.#socket?.localAddress ?? "";
  }

  /** Requests that wait for their reply. */
  get depth(): number {
    return this.#queue.requests + this.#early.size;
  }

  /** Nothing is owed and no body is under way. */
  get quiet(): boolean {
    return this.depth === 0 && !this.#matcher.midReply && !this.#passage.open;
  }

  /** Queues a request; a failure goes to `rescue` when there is one, else to the sink. */
  send(request: Request, sink: Sink, rescue: Rescue | null): void {
    const startedMs = this.#services.turns.now();
    const failure = this.#refusal();
    if (failure !== null) {
      this.#dropBody(request);
      return refuse(request, sink, rescue, { failure, startedMs });
    }
    if (this.state === "connecting") {
      const { lives } = this.#owner;
      return this.#early.add({ request: request.retain(), sink, rescue, startedMs, lives });
    }
    this.#enqueue(request, sink, rescue, startedMs);
  }

  /** Sends the line of a large request and passes its body on; for a connection of its own. */
  sendBody(request: Request, sink: Sink, rescue: Rescue | null): void {
    this.#passage.begin(request.body as Body, this.state === "open");
    this.send(request, sink, rescue);
    // Last: a body whose client is gone aborts at once, and the sink must be known by then.
    this.#passage.attach();
  }

  /** Why nothing more can be sent here, if so. */
  #refusal(): Reply | null {
    const { requestsMax, bytesMax } = this.#services;
    if (this.state === "closed") return this.#owner.failure("connection lost", false);
    const full = this.depth >= requestsMax || this.#lines.length >= bytesMax;
    return full ? this.#owner.failure("overload", false) : null;
  }

  /** Plain arguments, because it is once per request. */
  #enqueue(request: Request, sink: Sink, rescue: Rescue | null, startedMs: number): void {
    if (request.compares) this.#takeOffGeneration(request);
    const asked = request.command.meta && !this.abilities!.meta
      ? withoutMeta(request, this.#classic)
      : request;
    if (asked === null) {
      this.#dropBody(request);
      return sink.reply(refusalWithoutMeta(request));
    }
    const left = this.#lines.write(asked);
    const { opcode, background } = asked;
    if (left <= JOINED) this.#queue.push(asked, sink, rescue, left === JOINED, startedMs);
    else this.#queue.share(left, { sink, rescue, startedMs, opcode, background });
    this.#reader.resume();
    this.#schedule();
  }

  /**
   * A number that was never this process's must not match here. It is still sent, as one
   * that no item has: so the server says whether the key is there.
   */
  #takeOffGeneration(request: Request): void {
    const generation = generationOf(this.abilities!.identity, this.#owner.identity);
    request.serverCas = generation === null ? SAME_CAS : serverCasOf(request, generation);
    if (request.serverCas === MATCHES_NOTHING) this.#owner.foreignCas();
  }

  get mayAskAgain(): boolean {
    return this.state === "open" && this.#queue.onlyRetrieves;
  }

  askAgain(request: Request, asker: Asker): void {
    this.#enqueue(request, asker.sink, asker.rescue, asker.startedMs);
  }

  /** Its line was not sent: the server would take the value for commands. */
  #dropBody(request: Request): void {
    if (request.body === null) return;
    this.#passage.end();
    this.passed();
  }

  /** Sends what came while the connection was being opened. */
  #sendEarly(): void {
    for (const early of this.#early.takeAll()) {
      const { request, sink, rescue, startedMs } = early;
      if (!isOutdated(early, this.#owner)) {
        this.#enqueue(request, sink, rescue, startedMs);
        continue;
      }
      this.#dropBody(request);
      const failure = this.#owner.failure("recovering", false);
      refuse(request, sink, rescue, { failure, startedMs });
    }
    this.#passage.resume();
  }

  get generation(): number {
    return generationOf(this.abilities!.identity, this.#owner.identity) ?? 0;
  }

  get waitingBytes(): number {
    return this.#lines.length;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    // So far it was the client who kept the server waiting.
    if (this.#waitsForClient) this.#silence.progressMs = this.#services.turns.now();
    this.#lines.append(bytes, start, end);
    this.#schedule();
  }

  passed(): void {
    if (this.state === "open" && this.quiet) this.#owner.idle(this);
  }

  aborted(): void {
    this.close(null);
  }

  /** Closes at once; everyone who waits is answered with the failure. Safe to call twice. */
  close(reason: FailureReason | null): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.#silence.cancel();
    this.#handshake.cancel();
    this.#socket?.close();
    this.#reader.resume();
    this.#passage.end();
    this.#owner.closed(this, reason);
    this.#matcher.breakOff();
    this.#failAll(reason ?? "shutdown");
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#writing || this.#lines.length === 0 || this.state !== "open") return;
    if (!this.#queue.headWritten) this.#silence.progressMs = this.#services.turns.now();
    this.#queue.markWritten();
    this.#writing = true;
    this.#writer!.write(this.#lines.take()).then(this.#written, this.#broken);
    this.#silence.watch();
  }

  async #run(): Promise<void> {
    try {
      const { socket, reader, writer, abilities } = await this.#handshake.perform();
      if (this.state === "closed") return socket.close();
      this.#socket = socket;
      this.#writer = writer;
      this.abilities = abilities;
      this.state = "open";
      this.openedMs = this.#services.clock.now();
      this.#owner.opened(this);
      this.#sendEarly();
      this.flush();
      this.close(await this.#reader.read(reader));
    } catch {
      this.close(this.#handshake.failure ?? "connection lost");
    }
  }

  answered(): void {
    this.#owner.answered();
    if (this.#queue.size === 0 && this.quiet) this.#owner.idle(this);
  }

  largeBegins(valueBytes: number): void {
    const alone = this.#queue.size === 0;
    if (alone && valueBytes > OWN_CONNECTION_BYTES) this.#owner.occupied(this);
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing || this.state !== "open") return;
    this.#scheduled = true;
    this.#services.turns.add(this);
  }

  readonly #written = (): void => {
    this.#writing = false;
    this.#lines.giveBack();
    if (this.#passage.open) this.#silence.progressMs = this.#services.turns.now();
    this.#passage.resume();
    if (this.#lines.length > 0) this.flush();
  };

  readonly #broken = (): void => this.close("connection lost");

  /** All that has come of the body is written, and more is to come. */
  get #waitsForClient(): boolean {
    return this.#passage.open && !this.#writing && this.#lines.length === 0;
  }

  #debt(): Debt {
    // What waits for the end of its turn is watched from when it is written.
    const owed = this.#queue.headWritten || this.#matcher.midReply || this.#writing;
    if (!owed) return "none";
    return this.#waitsForClient || this.#reader.paused ? "excused" : "owed";
  }

  #failAll(reason: FailureReason): void {
    const queue = this.#queue;
    const scratch = new Request();
    while (queue.size > 0) {
      const { rescue, startedMs, twins } = queue;
      const failure = this.#owner.failure(reason, queue.headWritten);
      for (let twin = 0; twin < twins; twin++) this.#owner.failure(reason, queue.headWritten);
      refuse(queue.rebuild(scratch), queue.shift(), rescue, { failure, startedMs });
    }
    for (const { request, sink, rescue, startedMs } of this.#early.takeAll()) {
      const failure = this.#owner.failure(reason, false);
      refuse(request, sink, rescue, { failure, startedMs });
    }
  }
}
