/**
 * What comes before the first client request on a new connection: connecting,
 * and asking the server who it is and whether it speaks meta.
 *
 *   connect -> "version", "mn" -> two lines -> Abilities
 *
 * All of it within the connect timeout: a stopped process still accepts.
 *
 * Owned by: one Connection, until `perform` settles.
 */

import type { FailureReason } from "../message/reply.ts";
import type { Clock } from "../runtime/clock.ts";
import { PatientTimer } from "../runtime/patient_timer.ts";
import { type Address, type Runtime, type Socket, SocketError } from "../runtime/runtime.ts";

import { type Identity, MARKER_KEY, readIdentity } from "./identity.ts";

/** What a server can do, as it told us when we connected. */
export interface Abilities {
  /** Null when it was not asked. */
  readonly identity: Identity | null;
  /** As in its answer to `version`. */
  readonly version: string;
  /** It answers meta commands. */
  readonly meta: boolean;
}

/** A connection that may be used. */
export interface Checked {
  readonly socket: Socket;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly abilities: Abilities;
}

/** Where and how to connect. */
export interface HandshakeOptions {
  readonly runtime: Pick<Runtime, "connect">;
  readonly clock: Clock;
  readonly address: Address;
  readonly timeoutMs: number;
  /** Ask who the server is, too. */
  readonly identify: boolean;
}

const QUESTION = new TextEncoder().encode("version\r\nmn\r\n");
const WHO_ARE_YOU = new TextEncoder().encode(
  `version\r\nmn\r\nstats\r\nget ${MARKER_KEY}\r\n`,
);
const ANSWER_BYTES_MAX = 1024;
const INTRODUCTION_BYTES_MAX = 64 << 10;
const ANSWER = /^VERSION ([^\r\n]+)\r\n(MN|ERROR)\r\n$/;
const INTRODUCTION =
  /^VERSION ([^\r\n]+)\r\n(MN|ERROR)\r\n((?:STAT [^\r\n]*\r\n)*)END\r\n(?:VALUE \S+ \d+ \d+\r\n([^\r\n]*)\r\n)?END\r\n$/;

/** Connects and checks, once. */
export class Handshake {
  /** Why `perform` rejected. */
  failure: FailureReason | null = null;
  readonly #options: HandshakeOptions;
  readonly #abort = new AbortController();
  #socket: Socket | null = null;

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  /** Resolves with a checked connection; rejects after setting `failure`. */
  async perform(): Promise<Checked> {
    const { clock, timeoutMs } = this.#options;
    const timer = new PatientTimer(clock, timeoutMs, () => this.#fail("connect timeout"));
    try {
      return await this.#connect();
    } catch (error) {
      this.#socket?.close();
      this.failure ??= reasonOf(error);
      throw error;
    } finally {
      timer.cancel();
    }
  }

  /** Gives up; nothing stays open. Has no effect once `perform` has settled. */
  cancel(): void {
    this.#fail("shutdown");
  }

  #fail(reason: FailureReason): void {
    if (this.failure !== null) return;
    this.failure = reason;
    this.#abort.abort();
    this.#socket?.close();
  }

  async #connect(): Promise<Checked> {
    const { runtime, address } = this.#options;
    const socket = await runtime.connect(address, this.#abort.signal);
    this.#socket = socket;
    if (this.failure !== null) throw new Error(this.failure);
    const reader = socket.readable.getReader();
    const writer = socket.writable.getWriter();
    // The answer decides; a failed write shows itself there.
    writer.write(this.#options.identify ? WHO_ARE_YOU : QUESTION).catch(() => {});
    writer.closed.catch(() => {});
    reader.closed.catch(() => {});
    const abilities = await this.#answer(reader);
    this.#socket = null;
    return { socket, reader, writer, abilities };
  }

  async #answer(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Abilities> {
    const bytesMax = this.#options.identify ? INTRODUCTION_BYTES_MAX : ANSWER_BYTES_MAX;
    let answer = "";
    while (answer.length < bytesMax) {
      const { value, done } = await reader.read();
      if (this.failure !== null) throw new Error(this.failure);
      if (done) break;
      answer += String.fromCharCode(...value.subarray(0, bytesMax));
      const abilities = this.#options.identify ? introduction(answer) : plainAnswer(answer);
      if (abilities !== null) return abilities;
      if (!"VERSION ".startsWith(answer.slice(0, 8))) this.failure = "nonsense";
      if (this.failure !== null) break;
    }
    this.failure ??= "connection lost";
    throw new Error(this.failure);
  }
}

function plainAnswer(answer: string): Abilities | null {
  const match = ANSWER.exec(answer);
  return match && { version: match[1], meta: match[2] === "MN", identity: null };
}

function introduction(answer: string): Abilities | null {
  const match = answer.endsWith("END\r\n") ? INTRODUCTION.exec(answer) : null;
  if (match === null) return null;
  const identity = readIdentity(match[3], match[4] ?? null);
  return { version: match[1], meta: match[2] === "MN", identity };
}

/** The word for what went wrong with a socket. */
export function reasonOf(error: unknown): FailureReason {
  if (!(error instanceof SocketError)) return "connection lost";
  switch (error.reason) {
    case "refused":
    case "unreachable":
    case "unresolved":
      return error.reason;
    default:
      return "connection lost";
  }
}
