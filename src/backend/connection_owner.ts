/** What a connection tells the backend that owns it, and asks of it. */

import type { FailureReason, Reply } from "../message/reply.ts";
import type { LatencyHistogram } from "../stats/latency_histogram.ts";
import type { Connection } from "./connection.ts";
import type { Identity } from "./identity.ts";

/** The backend, as its connections see it. */
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
  /** Reads may ask this server alone. */
  readonly trusted: boolean;
  /** Grows when the server turns out to have restarted. */
  readonly lives: number;
  /** Who the server is now, as far as is known. */
  readonly identity: Identity | null;
  /** A client compared with a number of another server or process. */
  foreignCas(): void;
  readonly latency: LatencyHistogram;
  /** A mistake of ours came to light while a reply was handled. */
  faulted(error: unknown): void;
  /** The standing reply for a failure of this server. */
  failure(reason: FailureReason, inDoubt: boolean): Reply;
}
