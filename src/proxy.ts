/**
 * The composition root: a configuration and a runtime become a running proxy.
 */

import type { Config } from "./config/config.ts";
import type { Log } from "./log/log.ts";
import type { Address, Runtime } from "./runtime/runtime.ts";

/** A proxy that is listening. */
export interface Proxy {
  /** What was bound, in the order TCP, Unix; ports are the real ones. */
  readonly addresses: readonly Address[];
  /** Stops accepting, answers what is in flight (at most `limits.drainMs`), closes everything. */
  drain(): Promise<void>;
  /** Closes everything at once; safe to call twice. */
  close(): void;
  /** Answers one line of the operator's control socket, for example `stats`; text ends in a newline. */
  control(line: string): string;
}

/** Starts a proxy; rejects with `SocketError` when an address cannot be bound. */
export function startProxy(
  _config: Config,
  _options: { runtime: Runtime; log: Log; version: string },
): Promise<Proxy> {
  throw new Error("not composed yet");
}
