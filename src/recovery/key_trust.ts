/**
 * What one server may be believed of single keys, by all that is known of it: our journal, what
 * other workers noted, and what other proxies announced.
 *
 *   misses ──> what it holds may be out of date: the copy is read
 *   lacks ───> what it holds is right, its miss is not: the copy is asked, too
 *   knows ───> its miss is one
 *
 * Owned by: ServerRecovery.
 */

import type { Backend } from "../backend/backend.ts";
import type { Request } from "../message/request.ts";
import type { Journal } from "./journal.ts";
import type { PeerWait } from "./peer_wait.ts";
import type { Replays } from "./replays.ts";
import type { SharedServer } from "./shared_server.ts";

/** What it is known by. */
export interface KeyTrustOptions {
  readonly backend: Pick<Backend, "phase" | "usable">;
  readonly journal: Journal;
  readonly replays: Pick<
    Replays,
    "ofEverything" | "flushMissed" | "missedFlush" | "noteMisses" | "begin"
  >;
  readonly peerWait: Pick<PeerWait, "lacks" | "waits">;
  /** Null for the only worker. */
  readonly shared: Pick<SharedServer, "misses" | "note"> | null;
  /** All that its copies have has been put back. */
  readonly restored: () => boolean;
}

/** Asked by the coordinator for every key of a server in trouble. */
export class KeyTrust {
  readonly #options: KeyTrustOptions;

  constructor(options: KeyTrustOptions) {
    this.#options = options;
  }

  /** What it holds of the key is out of date. */
  misses(key: string): boolean {
    const { journal, replays, shared } = this.#options;
    if (replays.ofEverything || journal.missed.has(key)) return true;
    return shared !== null && shared.misses(key);
  }

  /** It may not have the key although the copy does. */
  lacks(key: string): boolean {
    const { backend, journal, peerWait } = this.#options;
    return backend.phase === "restoring" || peerWait.lacks || journal.lacks(key);
  }

  /** It is still asked as one that is being restored, but when it says that it lacks a key, so it is. */
  knows(key: string): boolean {
    const { journal, peerWait, restored } = this.#options;
    if (peerWait.lacks || peerWait.waits) return false;
    return restored() && !this.misses(key) && !journal.lacks(key);
  }

  /** It did not confirm a change. */
  missed(request: Request): void {
    const { backend, journal, replays, shared } = this.#options;
    if (request.command.scope === "all") replays.missedFlush();
    else journal.add(request.keyText());
    // Before the client is answered: it may ask another worker next.
    shared?.note(replays.ofEverything ? null : request.keyText());
    replays.noteMisses();
    if (backend.usable) replays.begin();
  }

  /** It holds nothing of the key, though the copy may. */
  lost(key: string): void {
    const { journal, replays, shared } = this.#options;
    journal.lack(key);
    shared?.note(key);
    replays.noteMisses();
  }

  /** It confirmed a change; a flush that is still to be repeated takes that away again. */
  wrote(key: string): void {
    const { journal, replays } = this.#options;
    if (replays.flushMissed) journal.lack(key);
    else journal.forget(key);
    replays.noteMisses();
  }
}
