/** What a backend is made of, and who is told of its connections. */

import type { Log } from "../log/log.ts";
import type { Address, Runtime } from "../runtime/runtime.ts";
import type { Backend } from "./backend.ts";
import type { ConnectionServices } from "./connection_services.ts";
import type { HealthOptions } from "./health.ts";
import type { Identity } from "./identity.ts";

/** What a backend is made of. */
export interface BackendOptions {
  readonly name: string;
  readonly address: Address;
  /** Pipelined connections that small requests share. */
  readonly connections: number;
  /** All connections, those for large values included. */
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  readonly health: Omit<HealthOptions, "now">;
  readonly services: ConnectionServices;
  readonly runtime: Pick<Runtime, "connect">;
  readonly log: Log;
  /** The time of day, for `stats`. */
  readonly date: () => Date;
  /** Decides what a server that we have connected to may be trusted with. */
  readonly coordinator: Admission | null;
}

/** Told of every new connection, before a request of a client uses it. */
export interface Admission {
  /** `askedMs`: the identity is no older, on the clock of the process. */
  admit(backend: Backend, identity: Identity, askedMs: number): void;
  /** A client compared with a cas number of another generation: the marker may be another one. */
  doubtMarker(backend: Backend): void;
}
