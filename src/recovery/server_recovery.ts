/**
 * What is known of one server's past, and what is being done about it.
 *
 *   admit(identity) ─ same ──> serving, or replay of what it missed
 *                   ─ warm ──> reconciling: replay, then serving
 *                   ─ empty ─> restoring: read repair and restore, then serving
 *                   ─ flushed > serving, with a new marker
 *
 * Owned by: Coordinator. Owns: the journal, the repairs and the restore of the server.
 */

import type { Backend } from "../backend/backend.ts";
import { type Identity, MARKER_KEY, markerValue } from "../backend/identity.ts";
import type { Log } from "../log/log.ts";
import { DELETE, FLUSH_ALL, MD, SET } from "../message/command.ts";
import { isPlainKey } from "../message/key.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { Copies, Phase } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { DumpedKey, DumpEnd } from "./dump_reader.ts";
import { oldConnectionsGone } from "./late_packets.ts";
import { Journal } from "./journal.ts";
import { Repairs } from "./repairs.ts";
import { Restore, type RestoreProgress } from "./restore.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** Deletes of a replay under way at a time. */
const REPLAY_WINDOW = 256;

/** What all servers' recoveries share. */
export interface RecoveryServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly unixTime: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly journalKeysMax: number;
  readonly restoreKeysPerSecond: number;
  /** After this nothing that was sent before can still arrive, ms. */
  readonly graceMs: number;
  /** A server's answer to an administrative line, null when there is none. */
  readonly ask: (backend: Backend, line: string) => Promise<string | null>;
  /** `read-repair`: no restore in the background. */
  readonly mode: "auto" | "read-repair";
  /** A server whose journal is incomplete is flushed; else it serves what it has. */
  readonly flushIncomplete: boolean;
}

/** What a server's recovery is told of the farm. */
export interface FarmView {
  /** Another server carries a marker. */
  marked(): boolean;
  /** Dumps of the servers that hold the copies of this one. */
  dumps(): readonly ((each: (key: DumpedKey) => void) => Promise<DumpEnd>)[];
  /** This server and the one that holds the copy of the key; null when the key is another's. */
  copiesOf(key: Request): Copies | null;
}

/** The recovery of one server. */
export class ServerRecovery {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly repairs: Repairs;
  readonly #services: RecoveryServices;
  readonly #farm: FarmView;
  known: Identity | null = null;
  lastVerdict: Verdict = "new";
  #restore: Restore | null = null;
  #replaying = false;
  /** A flush_all that it missed. */
  #flushMissed = false;
  #generation = 0;

  constructor(backend: Backend, services: RecoveryServices, farm: FarmView) {
    this.backend = backend;
    this.#services = services;
    this.#farm = farm;
    this.journal = new Journal(services.journalKeysMax);
    this.repairs = new Repairs(services.unixTime);
  }

  get progress(): RestoreProgress | null {
    return this.#restore?.progress ?? null;
  }

  /** Looks at who the server is now, and decides what it may be trusted with. */
  admit(seen: Identity): void {
    const verdict = verdictOf(this.known, seen, this.#farm.marked());
    this.lastVerdict = verdict;
    this.known = seen;
    switch (verdict) {
      case "new":
        return this.#mark(false);
      case "flushed":
        this.#mark(false);
        return this.#replay();
      case "empty":
        return this.#beginRestore();
      default:
        return this.#replay();
    }
  }

  /** It did not confirm a change. */
  missed(request: Request): void {
    if (request.command.scope === "all") this.#flushMissed = true;
    else this.journal.add(request.keyText());
    this.backend.missesKeys = true;
    if (this.backend.usable) this.#replay();
  }

  /** What it holds of the key is out of date. */
  misses(key: string): boolean {
    return this.journal.incomplete || this.#flushMissed || this.journal.missed.has(key);
  }

  /** It may not have the key although the copy does. */
  lacks(key: string): boolean {
    return this.backend.phase === "restoring" || this.journal.cleared.has(key);
  }

  forget(key: string): void {
    this.journal.forget(key);
    this.#noteMisses();
  }

  /** The operator's word: stop restoring, and serve. */
  stop(): void {
    this.#restore?.cancel();
    this.#enter("serving");
  }

  /** The operator's word: restore as if it had come back empty. */
  start(): void {
    if (this.#restore === null) this.#beginRestore();
  }

  #enter(phase: Phase): void {
    if (this.backend.phase === phase) return;
    this.backend.enter(phase);
    this.#services.log.info(`backend ${this.backend.name} is ${phase}: ${this.lastVerdict}`);
  }

  #noteMisses(): void {
    this.backend.missesKeys = this.journal.size > 0 || this.journal.incomplete || this.#flushMissed;
  }

  /** Sets a new marker: what was read of this server before is past. */
  #mark(restoring: boolean): void {
    this.#generation = 1 + Math.floor(this.#services.random() * 32767);
    this.#writeMarker(restoring);
  }

  #writeMarker(restoring: boolean): void {
    const value = new TextEncoder().encode(markerValue(this.#generation, restoring));
    const key = new TextEncoder().encode(MARKER_KEY);
    const marker = new Request().make(SET, key, 0, key.length);
    marker.valueBytes = value;
    marker.valueEnd = value.length;
    const generation = this.#generation;
    const stored = new CallbackSink((reply) => {
      if (reply.status !== ReplyStatus.Stored || this.known === null) return;
      this.known = { ...this.known, generation };
    });
    this.backend.sendOr(marker, stored, null);
  }

  #beginRestore(): void {
    this.#restore?.cancel();
    this.journal.reset();
    this.#flushMissed = false;
    this.#noteMisses();
    this.#enter("restoring");
    this.#mark(true);
    if (this.#services.mode === "read-repair") return;
    const restore = new Restore({
      repairs: this.repairs,
      clock: this.#services.clock,
      keysPerSecond: this.#services.restoreKeysPerSecond,
      dumps: this.#farm.dumps(),
      copiesOf: (key) => this.#farm.copiesOf(key),
    });
    this.#restore = restore;
    void restore.run().then((complete) => this.#endRestore(restore, complete));
  }

  #endRestore(restore: Restore, complete: boolean): void {
    if (this.#restore !== restore) return;
    this.#restore = null;
    const { log } = this.#services;
    const { filled, present, absent, failed } = this.repairs.counters;
    const counts = `${filled} filled, ${present} present, ${absent} absent, ${failed} failed`;
    if (!complete) {
      log.warn(`backend ${this.backend.name} not restored whole: ${counts}; read repair goes on`);
      return;
    }
    log.info(`backend ${this.backend.name} restored: ${counts}`);
    this.#writeMarker(false);
    this.#enter("serving");
  }

  /** Deletes what the server has out of date, and trusts it with the rest. */
  #replay(): void {
    if (this.journal.missed.size === 0 && !this.journal.incomplete && !this.#flushMissed) {
      if (this.backend.phase === "reconciling") this.#enter("serving");
      return;
    }
    if (this.#replaying) return;
    this.#replaying = true;
    void this.#replayAll().finally(() => {
      this.#replaying = false;
      this.#noteMisses();
    });
  }

  async #replayAll(): Promise<void> {
    const { clock, graceMs, log } = this.#services;
    if (this.backend.phase === "serving" && (this.journal.incomplete || this.#flushMissed)) {
      this.#enter("reconciling");
    }
    if (this.journal.incomplete) return this.#replayIncomplete();
    const keys = [...this.journal.missed];
    const { epoch } = this.backend;
    log.info(`backend ${this.backend.name} missed ${keys.length} keys: deleting them there`);
    if (!await this.#deleteAll(keys)) return;
    // Bytes of closed connections may still be executed; delete once more when they are gone.
    const lost = [...this.backend.lostAddresses];
    const conns = () => this.#services.ask(this.backend, "stats conns");
    const gone = await oldConnectionsGone(this.backend, { clock, conns });
    if (!gone) await new Promise<void>((resolve) => void clock.after(graceMs, resolve));
    if (this.backend.epoch !== epoch || !await this.#deleteAll(keys)) return;
    for (const address of lost) this.backend.lostAddresses.delete(address);
    for (const key of keys) this.journal.clear(key);
    this.#flushMissed = false;
    this.#noteMisses();
    this.#enter("serving");
    if (this.journal.missed.size > 0) await this.#replayAll();
  }

  /** More was missed than is known: only an empty server is right. */
  async #replayIncomplete(): Promise<void> {
    const { log, flushIncomplete } = this.#services;
    const { name } = this.backend;
    if (flushIncomplete) {
      log.warn(`backend ${name} missed more keys than the journal holds: flushing it`);
      const flush = new Request().make(FLUSH_ALL, new Uint8Array(0), 0, 0);
      const reply = await this.#ask(flush);
      if (reply.status !== ReplyStatus.Ok) return;
    } else {
      log.warn(`backend ${name} missed more keys than the journal holds: it may serve stale data`);
    }
    this.journal.reset();
    this.#flushMissed = false;
    if (flushIncomplete) this.#beginRestore();
    else this.#enter("serving");
  }

  async #deleteAll(keys: readonly string[]): Promise<boolean> {
    if (this.#flushMissed) {
      const flush = new Request().make(FLUSH_ALL, new Uint8Array(0), 0, 0);
      if ((await this.#ask(flush)).status !== ReplyStatus.Ok) return false;
      this.#mark(false);
    }
    for (let at = 0; at < keys.length; at += REPLAY_WINDOW) {
      const replies = await Promise.all(
        keys.slice(at, at + REPLAY_WINDOW).map((key) => this.#ask(deletion(key))),
      );
      if (replies.some((reply) => reply.status === ReplyStatus.Failed)) return false;
    }
    return true;
  }

  #ask(request: Request): Promise<Reply> {
    return new Promise((resolve) => {
      const sink = new CallbackSink((reply) => resolve(reply.retain()));
      this.backend.sendOr(request, sink, null);
    });
  }
}

function deletion(key: string): Request {
  const bytes = Uint8Array.from(key, (letter) => letter.charCodeAt(0));
  const command = isPlainKey(bytes, 0, bytes.length) ? DELETE : MD;
  return new Request().make(command, bytes, 0, bytes.length);
}
