/**
 * A server that other proxies announced: it missed changes, or lacks keys, that only they
 * can name.
 *
 *   missed ──> no reads ─ no more announced ─> its marker is read again ─> as before
 *                       ─ proxies are gone ──> emptied, once for all, by one of those who wait
 *   lacking ─> misses are asked at the copy ─> as before
 *                       ─ the proxy is gone ─> restored by one of the others
 *
 * Owned by: ServerRecovery.
 */

import type { Destination } from "../route/route.ts";
import type { Announcers } from "./announcement.ts";
import type { Abandoned } from "./board_options.ts";
import type { Marker } from "./marker.ts";
import type { RecoveryServices } from "./recovery_services.ts";
import { ServerLock } from "./server_lock.ts";
import { takeOver } from "./takeover.ts";

/** Before a marker that could not be read is read again, ms. */
const AGAIN_MS = 1000;

/** What waiting works with, and whom it tells. */
export interface PeerWaitOptions {
  readonly backend: Destination & { readonly lostEpoch: number; othersLack: boolean };
  readonly services: Pick<
    RecoveryServices,
    "clock" | "random" | "graceMs" | "log" | "flushIncomplete"
  >;
  readonly marker: Pick<Marker, "read">;
  /** It was seen by us, so that it can be put in order. */
  readonly known: () => boolean;
  /** What others announced of the server has changed. */
  readonly changed: () => void;
  readonly sawMarker: (generation: number, restoring: boolean) => void;
  /** Marks the server as one that is being restored; false when it does not take the marker. */
  readonly mark: () => Promise<boolean>;
  /** It was emptied and marked. */
  readonly emptied: () => void;
  /** It was marked, and holds what it held. */
  readonly marked: () => void;
  /** Calls back when all proxies have looked at the servers again. */
  readonly whenSeen: (then: () => void) => void;
}

/** Waits for other proxies. */
export class PeerWait {
  /** Those who announced the server. */
  by: Announcers = { missed: [], lacking: [] };
  readonly #options: PeerWaitOptions;
  /** It is not known yet what the server is since they announce nothing more. */
  #unclear = false;
  #takingOver = false;

  constructor(options: PeerWaitOptions) {
    this.#options = options;
  }

  /** The server may answer nothing. */
  get waits(): boolean {
    return this.by.missed.length > 0 || this.#unclear;
  }

  /** It may not have what its copies have. */
  get lacks(): boolean {
    return this.by.lacking.length > 0;
  }

  /** These announce it now. */
  announcedBy(by: Announcers): void {
    const { backend, changed } = this.#options;
    const before = this.by;
    this.by = by;
    backend.othersLack = this.lacks;
    if (isNews(by.lacking, before.lacking)) {
      this.#log(`lacks keys that ${nameOf(by.lacking)} puts back: its copies are asked, too`);
    }
    if (isNews(by.missed, before.missed)) {
      this.#log(`waits for ${nameOf(by.missed)}, which announced missed keys`);
    }
    if (by.missed.length === 0 && before.missed.length > 0) {
      this.#unclear = true;
      this.#readMarker();
    }
    changed();
  }

  /** Some of them are gone: the server is put in order, unless somebody else is at it. */
  async takeOver({ by, settled }: Abandoned): Promise<void> {
    const { backend: { name }, services: { log, flushIncomplete }, known } = this.#options;
    if (this.#takingOver || !known()) return;
    this.#takingOver = true;
    const missed = by.missed.length > 0;
    const what = missed
      ? `backend ${name} missed changes of ${nameOf(by.missed)}, which is gone`
      : `backend ${name} lacks keys of ${nameOf(by.lacking)}, which is gone`;
    if (!missed) {
      if (await this.#restore(settled)) log.warn(`${what}: restoring it`);
    } else if (!flushIncomplete) {
      log.warn(`${what}: it may serve stale data`);
      settled();
    } else if (await this.#empty(by.missed)) {
      log.warn(`${what}: it was flushed`);
      settled();
    }
    this.#takingOver = false;
  }

  /** A flush makes up for all that any of them has missed until now. */
  async #empty(proxies: readonly string[]): Promise<boolean> {
    const { backend, services: { clock, random, graceMs }, mark, emptied } = this.#options;
    const stands = () => proxies.some((proxy) => this.by.missed.includes(proxy));
    const taken = await takeOver(backend, { clock, random, graceMs, stands, mark });
    if (taken) emptied();
    return taken;
  }

  /** What it holds is right: nothing is flushed. Its misses are in doubt until all know the marker. */
  async #restore(settled: () => void): Promise<boolean> {
    const { backend, services: { random }, mark, marked, whenSeen } = this.#options;
    const lock = await ServerLock.take(backend, random);
    if (lock === null || !await mark()) return false;
    marked();
    whenSeen(() => {
      settled();
      whenSeen(() => void lock.release());
    });
    return true;
  }

  /** It may have been emptied on behalf of a proxy that is gone. */
  #readMarker(): void {
    const { services, marker, sawMarker, changed } = this.#options;
    marker.read(sawMarker, (answered) => {
      if (this.by.missed.length > 0) return;
      if (!answered) return void services.clock.after(AGAIN_MS, () => this.#readMarker());
      this.#unclear = false;
      changed();
    });
  }

  #log(what: string): void {
    const { backend, services } = this.#options;
    services.log.info(`backend ${backend.name} ${what}`);
  }
}

function isNews(proxies: readonly string[], before: readonly string[]): boolean {
  return proxies.length > 0 && proxies.join() !== before.join();
}

function nameOf(proxies: readonly string[]): string {
  return `proxy ${proxies.join(", ")}`;
}
