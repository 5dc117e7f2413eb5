/** What the recoveries of all servers work with, and what each is told of the farm. */

import type { Backend } from "../backend/backend.ts";
import type { Identity } from "../backend/identity.ts";
import type { Log } from "../log/log.ts";
import type { Request } from "../message/request.ts";
import type { CopyOrder } from "../route/copy_order.ts";
import type { Copies, Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Board } from "./board.ts";
import type { HeldValues } from "./held_values.ts";
import type { RestoreSource } from "./restore_source.ts";
import type { SharedServer } from "./shared_server.ts";
import type { SharedServers } from "./shared_servers.ts";

/** What all servers' recoveries share. */
export interface RecoveryServices {
  readonly clock: Clock;
  readonly log: Log;
  /** CPU time that this thread has used, ms. */
  readonly cpuMs: () => number;
  readonly unixTime: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly journalKeysMax: number;
  readonly restoreKeysPerSecond: number;
  /** How long keys are put back only when they are read, ms. */
  readonly readRepairMs: number;
  /** Room for values that come in parts, while they are put back. */
  readonly held: HeldValues;
  /** Names of keys that wait to be put back on one server. */
  readonly restoreSpoolBytes: number;
  /** After this nothing that was sent before can still arrive, ms. */
  readonly graceMs: number;
  /** A server's answer to an administrative line, null when there is none. */
  readonly ask: (backend: Backend, line: string) => Promise<string | null>;
  /** `read-repair`: no restore in the background. */
  readonly mode: "auto" | "read-repair";
  /** A server whose journal is incomplete is flushed; else it serves what it has. */
  readonly flushIncomplete: boolean;
  /** What the workers of the process know together; null for the only one. */
  readonly shared: SharedServers | null;
  /** Changes that are on their way to both copies. */
  readonly order: CopyOrder;
  /** Between two looks at what other proxies announced, ms; the same for all of them. */
  readonly boardTickMs: number;
  /** For a server to be connected, ms. */
  readonly connectTimeoutMs: number;
  /** For a server to answer, ms. */
  readonly requestTimeoutMs: number;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
}

/** What a server's recovery is told of the farm. */
export interface FarmView {
  /** Another server carries a marker from a time when this process was there to be marked. */
  marked(seen: Identity): boolean;
  /** A server carries this generation. */
  readonly isTaken: (generation: number) => boolean;
  /** What the workers of the process know together of this server; null for the only one. */
  readonly shared: SharedServer | null;
  /**
   * Calls back when nothing of the other workers is under way any more that they had sent before
   * they knew what is known now; at once in the only one.
   */
  readonly whenWorkersKnow: (then: () => void) => void;
  /** What a server holds of the key is right, as far as it holds it. */
  readonly mayAnswer: (server: Destination, key: Request) => boolean;
  /** Keys are being put back on the server: what it lacks, its copy may have. */
  readonly beingRestored: (server: Destination) => boolean;
  /** What a server says that it lacks, no other has. */
  readonly knows: (server: Destination, key: string) => boolean;
  /** The servers that may hold the copies of this one. */
  sources(): readonly RestoreSource[];
  /** The key belongs to this server. */
  owns(key: Request): boolean;
  readonly board: Pick<Board, "announce" | "peers" | "whenKnown" | "whenUnread" | "whenSeen">;
  /** This server and the one that holds the copy of the key; null when the key is another's. */
  copiesOf(key: Request): Copies | null;
  /** What is under way of keys. */
  readonly order: CopyOrder;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
}
