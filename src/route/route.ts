/**
 * The contracts between the parts that a request passes: routes above, one
 * destination per server below, and a sink for the answer.
 */

import type { Reply } from "../message/reply.ts";
import type { Request } from "../message/request.ts";

/**
 * Who gets the reply to one request.
 *
 * Either `reply` is called, once; or, for a value too large to assemble,
 * `begin`, any number of `part`, and `end`. In the same turn as `send` or later.
 */
export interface Sink {
  /** The reply is borrowed until this returns. */
  reply(reply: Reply): void;
  /** The head of a large value: status, flags, and the bytes of its first line. */
  begin(head: Reply): void;
  part(bytes: Uint8Array, start: number, end: number): void;
  /** The value is complete, or broke off: then nothing can replace it any more. */
  end(complete: boolean): void;
  /** More waits to be taken by the final reader than it should. */
  readonly backedUp: boolean;
  /** Calls back once when it is backed up no more, or gone. */
  whenDrained(callback: () => void): void;
  /**
   * Of a change at one of two copies, which failed there: its key, and who is called back
   * when the other copy has answered after it.
   */
  whenOtherAnswers?(key: Request, callback: () => void): void;
  /** Of one that was never sent: who is called back once the other copy has confirmed the change. */
  whenOtherConfirms?(key: Request, callback: () => void): void;
  /** Of the same: what must be waited for before the client is told that the change was made. */
  beforeSuccess?(wait: (then: () => void) => void): void;
}

/** A node of the policy tree. */
export interface Route {
  /** Borrows the request until it returns; answers through the sink. */
  send(request: Request, sink: Sink): void;
}

/** Takes over the requests that a destination could not answer. */
export interface Rescue {
  /**
   * Of the request only command and key are certain to be there.
   * `startedMs`: when it was first sent, on the clock of the process.
   */
  rescue(request: Request, sink: Sink, failure: Reply, startedMs: number): void;
}

/**
 * How far the data of a server may be trusted.
 *
 * `serving`: fully. `reconciling`: it missed changes; no read may ask it.
 * `restoring`: what it holds is right, but it came back empty; misses are asked
 * at the copy.
 */
export type Phase = "serving" | "reconciling" | "restoring";

/** One server, as routes see it. */
export interface Destination {
  readonly phase: Phase;
  /** It missed changes of some keys, though it may be in service. */
  readonly missesKeys: boolean;
  /**
   * Grows with every connection that is lost, and when another process is found there: what was
   * learned before need not be true any more.
   */
  readonly epoch: number;
  /** As the operator wrote it, with the port. */
  readonly name: string;
  /** In service: requests may be sent. */
  readonly usable: boolean;
  /** In service and connected, or never tried yet. */
  readonly reachable: boolean;
  /** Reachable, and nothing of what it holds is in doubt: reads need not go to the copy. */
  readonly readable: boolean;
  /** It understands meta commands. */
  readonly speaksMeta: boolean;
  /** As `Route.send`; a request that fails goes to `rescue`, when there is one, instead of the sink. */
  sendOr(request: Request, sink: Sink, rescue: Rescue | null): void;
}

/** Answers a request with a failure: through its rescue when it has one. */
export function refuse(
  request: Request,
  sink: Sink,
  rescue: Rescue | null,
  at: { failure: Reply; startedMs: number },
): void {
  if (rescue === null) sink.reply(at.failure);
  else rescue.rescue(request, sink, at.failure, at.startedMs);
}

/** The two servers of one key. */
export interface Copies {
  readonly main: Destination;
  readonly backup: Destination;
}

/** What a touch would find; `unknown`: perhaps a placeholder, which it must not reach. */
export type Touchable = "value" | "nothing" | "unknown";

/** What routes ask about servers whose data is being put in order. */
export interface Recovery {
  /** What the server holds of the key is right, as far as it holds it. */
  mayAnswer(destination: Destination, key: Request): boolean;
  /** The server may not have the key although its copy has. */
  mayLack(destination: Destination, key: Request): boolean;
  /** Reads from a main that may lack the key, then from its backup; puts back what it finds. */
  readBoth(request: Request, sink: Sink, copies: Copies): void;
  /** Reads from a server that is being restored, when its copy cannot be asked. */
  readAlone(request: Request, sink: Sink, destination: Destination): void;
  /**
   * Calls `then` once nobody repairs the key: with true when the main may decide,
   * because it has the key if anybody has it.
   */
  afterRepair(request: Request, copies: Copies, then: (mainMayDecide: boolean) => void): void;
  /**
   * Calls `then` with what a touch would find at the main of these copies, once nobody here repairs
   * the key. `clears`: the other copy was touched, and what was read of it before is not put back.
   */
  beforeTouch(
    request: Request,
    asked: { readonly copies: Copies; readonly clears: boolean },
    then: (found: Touchable) => void,
  ): void;
  /** The server confirmed a change that leaves nothing of what it missed of the key. */
  wrote(destination: Destination, key: Request): void;
  /** The server confirmed that it holds nothing of the key any more, though its copy may. */
  lost(destination: Destination, key: Request): void;
  /** No repair may begin until as many flushes have ended as have begun. */
  flushBegins(): void;
  /** A flush is on its way to this server: what is sent there now comes behind it. */
  flushSent(destination: Destination): void;
  flushEnds(): void;
}
