/**
 * One pipelined connection to one memcached.
 *
 *   send() -> pending --(one write per turn)--> inflight --(reply)--> sink
 *
 * Replies carry no request id, so the oldest exchange owns the next reply. That
 * is why a late reply costs the connection: skip it, and every client behind it
 * gets somebody else's value.
 *
 * Single-key retrievals that wait together leave as one line: a key may join
 * the line while that line is the last thing waiting, never ahead of a change.
 *
 * Owned by: Backend. Owns: its socket, and every exchange until its sink is called.
 */

import type { Body, BodyTaker } from "../message/body.ts";
import type { Command } from "../message/command.ts";
import type { FailureReason, Reply } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import {
  closeLine,
  joinRetrieval,
  openRetrieval,
  writeRequest,
} from "../protocol/classic_request_writer.ts";
import { OutputBuffer } from "../protocol/output_buffer.ts";
import { refuse, type Rescue, type Sink } from "../route/route.ts";
import type { Clock, Timer } from "../runtime/clock.ts";
import type { Socket } from "../runtime/runtime.ts";
import type { TurnQueue } from "../runtime/turn_queue.ts";
import { ExchangeQueue } from "./exchange_queue.ts";
import type { Abilities, Handshake } from "./handshake.ts";
import { type MatcherOwner, ReplyMatcher } from "./reply_matcher.ts";

/** Most keys of one merged line. */
const LINE_KEYS_MAX = 100;
/** A large value is held while more than this waits to be written, bytes. */
const BODY_HIGH_BYTES = 1 << 20;
/** A value longer than this gets its connection to itself, when nobody waits behind it, bytes. */
const OWN_CONNECTION_BYTES = 1 << 20;
/** Output buffers larger than this are given back when empty, bytes. */
const OUTPUT_KEEP_BYTES = 256 << 10;

/** What a connection tells the backend that owns it. */
export interface ConnectionOwner {
  opened(connection: Connection): void;
  /** Before the waiting sinks are answered; `reason` is null for an orderly end. */
  closed(connection: Connection, reason: FailureReason | null): void;
  /** The server answered a client's request. */
  answered(): void;
  /** Nothing is owed and no body is under way. */
  idle(connection: Connection): void;
  /** A large value is under way that later requests should not wait behind. */
  occupied(connection: Connection): void;
  /** The standing reply for a failure of this server. */
  failure(reason: FailureReason, inDoubt: boolean): Reply;
}

/** What all connections of a process share. */
export interface ConnectionServices {
  readonly clock: Clock;
  readonly turns: TurnQueue;
  readonly requestTimeoutMs: number;
  readonly requestsMax: number;
  readonly bytesMax: number;
  readonly streamBytes: number;
}

/** A connection that opens itself, checks the server, and serves until it is closed. */
export class Connection implements BodyTaker, MatcherOwner {
  /** `connecting` includes the check that comes before the first client request. */
  state: "connecting" | "open" | "closed" = "connecting";
  abilities: Abilities | null = null;
  /** When it became `open`. */
  openedMs = 0;
  readonly #owner: ConnectionOwner;
  readonly #services: ConnectionServices;
  readonly #handshake: Handshake;
  readonly #queue = new ExchangeQueue();
  readonly #matcher: ReplyMatcher;
  #out = new OutputBuffer();
  #spare = new OutputBuffer();
  #socket: Socket | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #writing = false;
  #scheduled = false;
  /** The retrieval whose line in `#out` further keys may join. */
  #openLine: Command | null = null;
  #lineKeys = 0;
  #resume: (() => void) | null = null;
  #timer: Timer | null = null;
  #progressMs = 0;
  #body: Body | null = null;
  #bodyLeft = 0;
  #bodyHeld = false;

  constructor(owner: ConnectionOwner, handshake: Handshake, services: ConnectionServices) {
    this.#owner = owner;
    this.#handshake = handshake;
    this.#services = services;
    this.#matcher = new ReplyMatcher(this.#queue, this, services.streamBytes);
    this.#run();
  }

  /** Exchanges that wait for their reply. */
  get depth(): number {
    return this.#queue.size;
  }

  /** Nothing is owed and no body is under way. */
  get quiet(): boolean {
    return this.#queue.size === 0 && !this.#matcher.midReply && this.#body === null;
  }

  /** Queues a request; a failure goes to `rescue` when there is one, else to the sink. */
  send(request: Request, sink: Sink, rescue: Rescue | null): void {
    const { requestsMax, bytesMax, turns } = this.#services;
    const full = this.#queue.size >= requestsMax || this.#out.length >= bytesMax;
    if (full || this.state === "closed") {
      const failure = this.#owner.failure(full ? "overload" : "connection lost", false);
      refuse(request, sink, rescue, { failure, startedMs: turns.now() });
      return;
    }
    const { command } = request;
    const joined = command.merges && this.#writeRetrieval(request);
    if (!command.merges) {
      this.#closeLine();
      writeRequest(this.#out, request);
    }
    const keeps = command.retrieves || rescue !== null;
    const keptLength = keeps ? request.keyEnd - request.keyStart : 0;
    if (keeps) this.#queue.kept.push(request.bytes, request.keyStart, request.keyEnd);
    this.#queue.push(sink, rescue, command, keptLength, joined, turns.now());
    this.#resume?.();
    this.#schedule();
  }

  /** Sends the line of a large request and passes its body on; for a connection of its own. */
  sendBody(request: Request, sink: Sink, rescue: Rescue | null): void {
    const body = request.body as Body;
    this.#body = body;
    this.#bodyLeft = body.left;
    this.send(request, sink, rescue);
    // Last: a body whose client is gone aborts at once, and the sink must be known by then.
    body.attach(this);
  }

  part(bytes: Uint8Array, start: number, end: number): void {
    this.#out.append(bytes, start, end);
    this.#bodyLeft -= end - start;
    if (this.#out.length > BODY_HIGH_BYTES && !this.#bodyHeld) {
      this.#bodyHeld = true;
      this.#body?.hold();
    }
    this.#schedule();
    if (this.#bodyLeft === 0) this.#endBody();
  }

  abort(): void {
    this.close(null);
  }

  /** Closes at once; everyone who waits is answered with the failure. Safe to call twice. */
  close(reason: FailureReason | null): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.#timer?.cancel();
    this.#handshake.cancel();
    this.#socket?.close();
    this.#resume?.();
    if (this.#body !== null) {
      this.#body.detach(this);
      this.#endBody();
    }
    this.#owner.closed(this, reason);
    this.#matcher.breakOff();
    this.#failAll(reason ?? "shutdown");
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#writing || this.#out.length === 0 || this.state !== "open") return;
    this.#closeLine();
    if (!this.#queue.headWritten) this.#progressMs = this.#services.turns.now();
    this.#queue.markWritten();
    const full = this.#out;
    this.#out = this.#spare;
    this.#spare = full;
    this.#writing = true;
    this.#writer!.write(full.view()).then(this.#written, this.#broken);
    this.#arm();
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
      this.flush();
      await this.#read(reader);
      this.close("connection lost");
    } catch {
      this.close(this.#handshake.failure ?? "connection lost");
    }
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    while (this.state === "open") {
      const { value, done } = await reader.read();
      if (done || this.state !== "open") return;
      this.#progressMs = this.#services.turns.now();
      if (!this.#matcher.receive(value)) return this.close("nonsense");
      if (this.#mayPause()) {
        this.#owner.occupied(this);
        await this.#drained();
      }
    }
  }

  /** A slow reader of a large value may stop us only while nobody else waits here. */
  #mayPause(): boolean {
    const { large } = this.#matcher;
    return large !== null && large.backedUp && this.#queue.size === 0;
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = () => {
        this.#resume = null;
        this.#progressMs = this.#services.clock.now();
        resolve();
      };
      this.#matcher.large!.whenDrained(() => this.#resume?.());
    });
  }

  answered(): void {
    this.#owner.answered();
    if (this.#queue.size === 0 && this.quiet) this.#owner.idle(this);
  }

  largeBegins(valueBytes: number): void {
    const alone = this.#queue.size === 0;
    if (alone && valueBytes > OWN_CONNECTION_BYTES) this.#owner.occupied(this);
  }

  /** Writes the key; true when it joined the line before it. */
  #writeRetrieval(request: Request): boolean {
    const joins = this.#openLine === request.command && this.#lineKeys < LINE_KEYS_MAX;
    if (!joins) {
      this.#closeLine();
      openRetrieval(this.#out, request.command);
      this.#openLine = request.command;
      this.#lineKeys = 0;
    }
    joinRetrieval(this.#out, request);
    this.#lineKeys++;
    return joins;
  }

  #closeLine(): void {
    if (this.#openLine === null) return;
    closeLine(this.#out);
    this.#openLine = null;
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing || this.state !== "open") return;
    this.#scheduled = true;
    this.#services.turns.add(this);
  }

  readonly #written = (): void => {
    this.#writing = false;
    this.#spare.clear(OUTPUT_KEEP_BYTES);
    if (this.#body !== null || this.#bodyHeld) this.#progressMs = this.#services.turns.now();
    if (this.#bodyHeld && this.#out.length < BODY_HIGH_BYTES) this.#releaseBody();
    if (this.#out.length > 0) this.flush();
  };

  readonly #broken = (): void => this.close("connection lost");

  #endBody(): void {
    const body = this.#body;
    this.#releaseBody();
    this.#body = null;
    body?.detach(this);
    if (this.state === "open" && this.quiet) this.#owner.idle(this);
  }

  #releaseBody(): void {
    if (!this.#bodyHeld) return;
    this.#bodyHeld = false;
    this.#body?.release();
  }

  #arm(): void {
    if (this.#timer !== null) return;
    const { clock, requestTimeoutMs } = this.#services;
    this.#timer = clock.after(requestTimeoutMs, this.#checkSilence);
  }

  /** One lazy timer per connection: it looks at the clock only when it fires. */
  readonly #checkSilence = (): void => {
    this.#timer = null;
    if (this.state !== "open" || (this.#queue.size === 0 && !this.#matcher.midReply)) return;
    const { clock, requestTimeoutMs } = this.#services;
    const now = clock.now();
    const waitsForClient = this.#body !== null && !this.#writing && this.#out.length === 0;
    if (waitsForClient || this.#resume !== null) this.#progressMs = now;
    const left = this.#progressMs + requestTimeoutMs - now;
    if (left <= 0) return this.close("request timeout");
    this.#timer = clock.after(left, this.#checkSilence);
  };

  #failAll(reason: FailureReason): void {
    const queue = this.#queue;
    const request = new Request();
    while (queue.size > 0) {
      const { rescue, startedMs, command } = queue;
      const failure = this.#owner.failure(reason, queue.headWritten);
      const { bytes, head } = queue.kept;
      const keyEnd = head + queue.keptLength;
      const sink = queue.shift();
      request.make(command, bytes, head, keyEnd);
      refuse(request, sink, rescue, { failure, startedMs });
    }
  }
}
