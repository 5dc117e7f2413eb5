/**
 * One client connection: reads requests, sends them down the routes, and writes
 * the replies in order.
 *
 *   reading --chunk--> parse -> route.send(request, slot) … --reply--> out -> one write per turn
 *      ^        too much waits? the client is not read until it is less
 *
 * What a client sent is parsed where it lies in its chunk; the next read waits
 * until all of it is handled.
 *
 * Owned by: Listener. Owns: its socket, its reply queue, the body under way.
 */

import type { Body } from "../message/body.ts";
import { QUIT, VERSION_COMMAND } from "../message/command.ts";
import { Request } from "../message/request.ts";
import { BinaryReplyWriter } from "../protocol/binary_reply_writer.ts";
import { detectProtocol } from "../protocol/detect_protocol.ts";
import { Input } from "../protocol/input.ts";
import { Parsed, type RequestParser } from "../protocol/request_parser.ts";
import { TextReplyWriter } from "../protocol/text_reply_writer.ts";
import { linger } from "../runtime/linger.ts";
import type { Socket } from "../runtime/runtime.ts";
import { ClientOutput, type OutputOwner } from "./client_output.ts";
import { ownReply } from "./local_commands.ts";
import { ReplyQueue, type ReplyQueueOwner } from "./reply_queue.ts";
import type { SessionServices } from "./session_services.ts";

/** Requests under way of a client whose replies are not known yet, and of one that is slow. */
const WINDOW_START = 128;
const WINDOW_MIN = 8;

/** Serves one client until it leaves. */
export class Session implements ReplyQueueOwner, OutputOwner {
  /** When the client last sent or took something, ms. */
  activeMs: number;
  readonly #socket: Socket;
  readonly #services: SessionServices;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #input = new Input();
  /** For the protocol that the first byte of the client shows. */
  #parser: RequestParser | null = null;
  readonly #request = new Request();
  readonly #output: ClientOutput;
  readonly #replies: ReplyQueue;
  #reading = false;
  /** `ending`: answers what it has, then closes. */
  #state: "serving" | "ending" | "closed" = "serving";
  /** A keyless command: it waits for all earlier replies, later ones wait for its own. */
  #barrier = false;
  /** The request is parsed and waits to be sent. */
  #deferred = false;
  #body: Body | null = null;
  /** Most requests under way: grows while replies leave at once, shrinks when they pile up. */
  #window: number;
  #wake: (() => void) | null = null;

  constructor(socket: Socket, services: SessionServices) {
    this.#socket = socket;
    this.#services = services;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
    this.#output = new ClientOutput(this.#writer, services, this);
    const writer = new TextReplyWriter(services.errorsAsMisses);
    const { counters, copies } = services;
    this.#replies = new ReplyQueue(this, { output: this.#output, writer, counters, copies });
    this.activeMs = services.clock.now();
    this.#window = Math.min(WINDOW_START, services.limits.sessionRequests);
    this.#writer.closed.catch(() => {});
    this.#reader.closed.catch(() => {});
  }

  /** The client is to do something: take replies, or send the rest of a large value. */
  get awaitsClient(): boolean {
    return this.#output.writing || (this.#body !== null && !this.#body.held);
  }

  /** Nothing is asked and nothing is owed. */
  get idle(): boolean {
    return this.#replies.size === 0 && this.#body === null && this.#output.waitingBytes === 0;
  }

  /** Serves until the client has left and everything is answered; never rejects. */
  async run(): Promise<void> {
    try {
      await this.#serve();
      this.#end();
      while (this.#state === "ending" && !this.#finished) await this.#progress();
      if (this.#finished) await linger(this.#reader, this.#writer, this.#services.clock);
    } catch {
      // The client is gone; there is nobody to tell.
    }
    this.close();
  }

  /** Stops taking requests; what is under way is answered. */
  drain(): void {
    if (this.#state !== "serving") return;
    if (this.idle) return this.close();
    this.#end();
  }

  /** Closes at once; safe to call twice. */
  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#socket.close();
    this.#body?.abort();
    this.#body = null;
    this.#output.close();
    this.#callWake();
  }

  broken(): void {
    this.close();
  }

  written(): void {
    // Not the time of the turn: asking for that here would make a turn for it alone.
    this.activeMs = this.#services.clock.now();
    this.progressed();
  }

  /** Replies pile up: so many requests at a time are too many for what they bring. */
  slow(): void {
    const least = Math.min(WINDOW_MIN, this.#services.limits.sessionRequests);
    this.#window = Math.max(least, this.#window >> 1);
  }

  progressed(): void {
    this.#output.schedule();
    // A read that nobody will answer any more must not keep the session.
    if (this.#reading && this.#finished) this.#reader.cancel().catch(() => {});
    if (this.#wake !== null && this.#mayWake) this.#callWake();
  }

  /** Half the window is free again, so that a full session does not wake for every reply. */
  get #mayWake(): boolean {
    if (this.#state !== "serving") return true;
    if (this.#blocked) return false;
    return this.#body !== null || 2 * this.#replies.size <= this.#window;
  }

  async #serve(): Promise<void> {
    while (this.#state === "serving" || this.#body !== null) {
      this.#reading = true;
      const { value, done } = await this.#reader.read();
      this.#reading = false;
      // What ends in the middle of a value can only be thrown away.
      if (done && this.#body !== null) return this.close();
      if (done || this.#state === "closed") return;
      this.activeMs = this.#services.turns.now();
      this.#services.counters.bytesRead += value.length;
      this.#input.append(value);
      this.#parse();
      while (this.#blocked) {
        const full = this.#replies.size >= this.#window;
        await this.#unblocked();
        if (full) this.#widen();
        this.#parse();
      }
      this.#input.keep();
    }
  }

  /** Why parsing must wait; the order of the cheap checks first. */
  get #blocked(): boolean {
    const { size } = this.#replies;
    if (this.#state === "closed") return false;
    // A body belongs to a request that has its place already.
    if (this.#body !== null) return this.#body.held;
    if (size >= this.#window) return true;
    if (this.#state === "ending") return false;
    return (this.#barrier && size > 0) || this.#output.backedUp;
  }

  #widen(): void {
    this.#window = Math.min(2 * this.#window, this.#services.limits.sessionRequests);
  }

  /** Handles what has come, until more is needed or something must be waited for. */
  #parse(): void {
    while (this.#state !== "closed" && !this.#blocked) {
      if (this.#body !== null) {
        if (!this.#passBody(this.#body)) return;
      } else if (this.#state === "ending") {
        return;
      } else if (this.#deferred) {
        this.#deferred = false;
        this.#send();
      } else if (!this.#step()) {
        return;
      }
    }
  }

  /** Parses one request; false when more bytes are needed or the session ends. */
  #step(): boolean {
    this.#barrier = false;
    if (this.#input.length === 0) return false;
    const parser = this.#parser ??= this.#detect();
    switch (parser.next(this.#input, this.#request)) {
      case Parsed.More:
        return false;
      case Parsed.Request:
        this.#dispatch();
        return true;
      case Parsed.Answer:
        this.#services.counters.badLines++;
        this.#answerWrong(parser.answer);
        return true;
      default:
        this.#services.counters.closedLine++;
        this.#answerWrong(parser.answer);
        this.#end();
        return false;
    }
  }

  #detect(): RequestParser {
    const { limits, errorsAsMisses } = this.#services;
    const { binary, parser } = detectProtocol(this.#input.bytes[this.#input.pos], limits);
    if (binary) this.#replies.speak(new BinaryReplyWriter(errorsAsMisses));
    return parser;
  }

  #dispatch(): void {
    const { command } = this.#request;
    this.#services.counters.commands[command.id]++;
    this.#body = this.#request.body;
    if (command.scope === "key") {
      this.#services.route.send(this.#request, this.#replies.open(this.#request));
      return;
    }
    this.#barrier = command.barrier;
    if (this.#barrier && this.#replies.size > 0) this.#deferred = true;
    else this.#send();
  }

  /** Sends a command without a key. */
  #send(): void {
    const { command } = this.#request;
    const slot = this.#replies.open(this.#request);
    if (command.scope === "all") return this.#services.route.send(this.#request, slot);
    this.#services.local.send(this.#request, slot);
    if (command === QUIT) this.#end();
  }

  /** Says what is wrong with a request, in the order of the others. */
  #answerWrong(text: Uint8Array): void {
    if (text.length === 0 || this.#request.silent) return;
    this.#request.clear(VERSION_COMMAND, text);
    this.#replies.open(this.#request).reply(ownReply(text));
  }

  /** Passes on what has come of a large value; false when more is to come. */
  #passBody(body: Body): boolean {
    const input = this.#input;
    const count = Math.min(body.awaited, input.length);
    if (count > 0) body.push(input.bytes, input.pos, input.pos + count);
    input.pos += count;
    if (body.left > 0) return body.held;
    this.#body = null;
    return true;
  }

  #end(): void {
    if (this.#state !== "serving") return;
    this.#state = "ending";
    this.progressed();
  }

  get #finished(): boolean {
    return this.#state === "ending" && this.idle && !this.#output.writing;
  }

  /** Waits until parsing may go on. */
  #unblocked(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#body?.whenFlowing(() => this.progressed());
    });
  }

  /** Waits for any progress. */
  #progress(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  #callWake(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
