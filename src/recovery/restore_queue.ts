/**
 * The keys of one restore that wait, and those that are being put back.
 *
 *   keep(key) ─> spool ─ every tick, as many as pace and window allow ─> repairs
 *             └> spool of large ones, worked off last and few at a time
 *
 * Keys begin together and only at a tick: so the leases of a tick leave in one write, and
 * so do its reads and its fills. One by one, as others end, writes alone took half the time.
 *
 * Owned by: Restore. Owns: its spools.
 */

import { FETCH } from "../message/command.ts";
import { Request } from "../message/request.ts";
import type { Copies } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { DumpedKey } from "./dump_reader.ts";
import type { Repairs } from "./repairs.ts";
import type { RestorePace } from "./restore_pace.ts";
import type { RestoreTally } from "./restore_progress.ts";
import { Spool } from "./spool.ts";

/** Between two cohorts, ms. */
export const TICK_MS = 10;
/** Repairs under way at a time: what one step of all of them takes is a millisecond or two. */
const WINDOW = 512;
/** Items larger than this have a window of their own, bytes. */
const LARGE_BYTES = 64 << 10;
const LARGE_WINDOW = 4;

/** What the keys are put back with. */
export interface RestoreQueueOptions {
  readonly repairs: Repairs;
  readonly clock: Clock;
  readonly pace: RestorePace;
  readonly tally: RestoreTally;
  readonly spoolBytes: number;
  /** The two servers of a key, null when there is nothing to put back. */
  readonly copiesOf: (key: Request) => Copies | null;
  /** There is no sense in going on. */
  readonly stopped: () => boolean;
  /** The restored server is away. */
  readonly lost: () => void;
}

/** Puts back what it was given to keep. */
export class RestoreQueue {
  readonly #options: RestoreQueueOptions;
  readonly #spool: Spool;
  readonly #largeSpool: Spool;
  /** The key in hand. */
  readonly #key = new Request();
  #underWay = 0;

  constructor(options: RestoreQueueOptions) {
    this.#options = options;
    this.#spool = new Spool(options.spoolBytes);
    this.#largeSpool = new Spool(options.spoolBytes);
  }

  /** Bytes of the names that wait. */
  get bytes(): number {
    return this.#spool.bytes + this.#largeSpool.bytes;
  }

  /** Keeps a key for later; false when there is no room. */
  keep(key: DumpedKey, ageSeconds: number): boolean {
    if (this.bytes + key.keyEnd - key.keyStart + 1 > this.#options.spoolBytes) return false;
    const spool = key.itemBytes > LARGE_BYTES ? this.#largeSpool : this.#spool;
    return spool.add(key, ageSeconds);
  }

  /** Resolves when nothing waits and nothing is under way, or there is no sense in going on. */
  async workOff(): Promise<void> {
    const { clock, pace, stopped } = this.#options;
    while (!stopped() && this.#busy) {
      pace.accrue(clock.now());
      this.#begin();
      const dueMs = clock.now() + TICK_MS;
      await new Promise<void>((resolve) => void clock.after(TICK_MS, resolve));
      pace.noteLateness(clock.now() - dueMs, clock.now());
    }
  }

  get #busy(): boolean {
    return this.#spool.keys > 0 || this.#largeSpool.keys > 0 || this.#underWay > 0;
  }

  /** The next cohort. */
  #begin(): void {
    const { pace, stopped } = this.#options;
    while (!stopped()) {
      const small = this.#spool.keys > 0;
      const spool = small ? this.#spool : this.#largeSpool;
      if (this.#underWay >= (small ? WINDOW : LARGE_WINDOW) || spool.keys === 0) return;
      if (!pace.spend()) return;
      const key = spool.take()!;
      this.#repair(this.#key.make(FETCH, key, 0, key.length));
    }
  }

  #repair(key: Request): void {
    const { repairs, copiesOf, lost } = this.#options;
    const copies = copiesOf(key);
    this.#underWay++;
    if (copies === null) return this.#repaired();
    if (!copies.main.usable) lost();
    repairs.repair(key, copies, this.#repaired);
  }

  readonly #repaired = (): void => {
    this.#underWay--;
    this.#options.tally.done++;
  };
}
