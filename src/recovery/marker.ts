/**
 * The marker that proxies leave on a server: a random number that only a process
 * with its old data can still have.
 *
 *   add -> ours ─┐
 *   taken -> get ┴─> the generation of the server, the same for all proxies
 *
 * Owned by: ServerRecovery.
 */

import {
  GENERATION_MAX,
  MARKER_KEY,
  type MarkerText,
  markerValue,
  readMarker,
} from "../backend/identity.ts";
import { ADD, type Command, GET, SET } from "../message/command.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { Destination } from "../route/route.ts";

const KEY = new TextEncoder().encode(MARKER_KEY);

/** Random numbers that are tried for one that no other server has. */
const TRIES_MAX = 16;

/** Sets and changes the marker of one server. */
export class Marker {
  readonly #server: Destination;
  readonly #random: () => number;
  readonly #isTaken: (generation: number) => boolean;
  readonly #unixTime: () => number;
  /** What it was last. */
  #last = 0;

  /**
   * `random` is uniform in [0, 1); `unixTime`: seconds since 1970; `isTaken`: another server has
   * this generation.
   */
  constructor(
    server: Destination,
    options: {
      random: () => number;
      unixTime: () => number;
      isTaken: (generation: number) => boolean;
    },
  ) {
    this.#server = server;
    this.#random = options.random;
    this.#isTaken = options.isTaken;
    this.#unixTime = options.unixTime;
  }

  /**
   * Marks the server unless it is marked; tells the generation it has then, and whether a
   * marker that was there first says that the server is being restored.
   */
  add(restoring: boolean, told: (generation: number, foundRestoring: boolean) => void): void {
    const generation = this.#newGeneration();
    // Of one that is restored it says nothing how long it has been marked.
    const markedSeconds = restoring ? null : this.#unixTime();
    this.#write(ADD, { generation, restoring, settling: false, markedSeconds }, (reply) => {
      if (reply.status === ReplyStatus.Stored) told(generation, false);
      else if (reply.status === ReplyStatus.NotStored) this.read(told);
    });
  }

  /** Marks the server anew, whatever its marker was; tells the generation it has then. */
  replace(restoring: boolean, told: (generation: number) => void): void {
    const generation = this.#newGeneration();
    this.#write(SET, { generation, restoring, settling: false, markedSeconds: null }, (reply) => {
      if (reply.status === ReplyStatus.Stored) told(generation);
    });
  }

  /** The data of the server is whole again; `settling`: who has not seen it restored waits. */
  setWhole(generation: number, settling: boolean): void {
    this.#write(SET, { generation, restoring: false, settling, markedSeconds: null }, () => {});
  }

  /** Tells what the marker says now, when there is one; then `asked`, with whether the server answered. */
  read(
    told: (generation: number, restoring: boolean) => void,
    asked: (answered: boolean) => void = () => {},
  ): void {
    const request = new Request().make(GET, KEY, 0, KEY.length);
    const sink = new CallbackSink((reply) => {
      const { status, bytes, valueStart, valueEnd } = reply;
      const text = String.fromCharCode(...bytes.subarray(valueStart, valueEnd));
      const marker = status === ReplyStatus.Hit ? readMarker(text) : null;
      if (marker !== null) told(marker.generation, marker.restoring);
      asked(status !== ReplyStatus.Failed);
    });
    this.#server.sendOr(request, sink, null);
  }

  /** Not the last one, nor another server's: cas numbers of clients tell them apart by it. */
  #newGeneration(): number {
    let generation = 0;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      generation = 1 + Math.floor(this.#random() * GENERATION_MAX);
      if (generation !== this.#last && !this.#isTaken(generation)) break;
    }
    this.#last = generation;
    return generation;
  }

  #write(command: Command, text: MarkerText, then: (reply: Reply) => void): void {
    const value = new TextEncoder().encode(markerValue(text));
    const send = (told: (reply: Reply) => void) => {
      const request = new Request().make(command, KEY, 0, KEY.length);
      request.valueBytes = value;
      request.valueEnd = value.length;
      this.#server.sendOr(request, new CallbackSink(told), null);
    };
    send((reply) => {
      // A server without room has dropped the marker of before instead: now there is room.
      if (command === SET && reply.status === ReplyStatus.ServerError) send(then);
      else then(reply);
    });
  }
}
