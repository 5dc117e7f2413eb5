/**
 * The keys of one restore that wait, and those that are being put back.
 *
 *   keep(key) ─> lane of its size ─ every tick, as many as pace and window allow ─> repairs
 *   prefer(key) ─> lane of what clients read ─ before the others ─^
 *
 * Keys begin together and only at a tick: so the leases of a tick leave in one write, and
 * so do its reads and its fills. One by one, as others end, writes alone took half the time.
 *
 * Owned by: Restore. Owns: its lanes, and their spools.
 */

import { FETCH } from "../message/command.ts";
import { Request } from "../message/request.ts";
import type { Copies } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { DumpedKey } from "./dump_reader.ts";
import { LONG_BYTES } from "./held_values.ts";
import type { Aftermath, RepairOutcome } from "./repair_job.ts";
import type { Repairs } from "./repairs.ts";
import type { RestorePace } from "./restore_pace.ts";
import type { RestoreTally } from "./restore_progress.ts";
import { Spool } from "./spool.ts";

/** Between two cohorts, ms. */
export const TICK_MS = 10;
/**
 * Repairs under way at a time, by the size of the item: a step of all of them takes a
 * millisecond or two, and what they hold is a few megabytes.
 */
const LANES = [
  { itemBytesMax: Infinity, window: 2 },
  { itemBytesMax: LONG_BYTES, window: 4 },
  { itemBytesMax: 64 << 10, window: 64 },
  { itemBytesMax: 4 << 10, window: 512 },
] as const;

/** Under way at a time of what clients read. */
const READ_WINDOW = 256;
/** Of these, names that wait, bytes; others come with the dump. */
const READ_BYTES_MAX = 32 << 10;
/** Longer values that are read have their repair at once, bytes: each is one of few. */
const READ_VALUE_BYTES_MAX = 4 << 10;

/** In one of so many cohorts the dump goes first: what is read may be keys that cannot be put back. */
const DUMP_FIRST_TICKS = 8;

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
  /** The largest first: the small ones would leave nothing of the pace. */
  readonly #lanes: readonly Lane[];
  readonly #read: Lane;
  /** Keys that clients read may wait here. */
  #takesReads = false;
  #ticks = 0;
  /** The key in hand. */
  readonly #key = new Request();

  constructor(options: RestoreQueueOptions) {
    this.#options = options;
    const { spoolBytes, tally } = options;
    this.#lanes = LANES.map(({ itemBytesMax, window }) => {
      return new Lane({ itemBytesMax, window, spoolBytes, ended: (how) => tally.ended(how) });
    });
    this.#read = new Lane({
      itemBytesMax: READ_VALUE_BYTES_MAX,
      window: READ_WINDOW,
      spoolBytes: READ_BYTES_MAX,
      ended: () => {},
    });
  }

  /** Bytes of the names that wait. */
  get bytes(): number {
    let bytes = 0;
    for (let at = 0; at < this.#lanes.length; at++) bytes += this.#lanes[at].spool.bytes;
    return bytes;
  }

  /** Keys of the dump wait, or are under way. */
  get works(): boolean {
    return this.#lanes.some((lane) => lane.works);
  }

  /** Keys of the dump that wait. */
  get keys(): number {
    let keys = 0;
    for (let at = 0; at < this.#lanes.length; at++) keys += this.#lanes[at].spool.keys;
    return keys;
  }

  /** Keeps a key for later; false when there is no room. */
  keep(key: DumpedKey, ageSeconds: number): boolean {
    if (this.bytes + key.keyEnd - key.keyStart + 1 > this.#options.spoolBytes) return false;
    let at = this.#lanes.length - 1;
    while (key.itemBytes > this.#lanes[at].itemBytesMax) at--;
    return this.#lanes[at].spool.add(key, ageSeconds);
  }

  /** Takes a key that a client read before the others; false when it is not to wait here. */
  prefer({ keyBytes, keyStart, keyEnd }: Request, valueBytes: number): boolean {
    const { pace, repairs } = this.#options;
    if (!this.#takesReads || pace.paused !== null || valueBytes > READ_VALUE_BYTES_MAX) {
      return false;
    }
    if (!this.#read.spool.add({ bytes: keyBytes, keyStart, keyEnd }, 0)) repairs.counters.left++;
    return true;
  }

  /**
   * Resolves when no more is coming, nothing waits and nothing is under way, or there is no
   * sense in going on.
   */
  async work(coming: () => boolean): Promise<void> {
    const { clock, pace, stopped } = this.#options;
    while (!stopped() && (coming() || this.works || this.#read.works)) {
      // What clients go on reading does not keep it going: a key that cannot be put back would.
      this.#takesReads = coming() || this.works;
      pace.accrue(clock.now());
      const dumpFirst = ++this.#ticks % DUMP_FIRST_TICKS === 0;
      if (!dumpFirst) this.#begin(this.#read);
      for (const lane of this.#lanes) this.#begin(lane);
      if (dumpFirst) this.#begin(this.#read);
      const dueMs = clock.now() + TICK_MS;
      await new Promise<void>((resolve) => void clock.after(TICK_MS, resolve));
      pace.noteLateness(clock.now() - dueMs, clock.now());
    }
    this.#takesReads = false;
  }

  /** The next cohort of a lane. */
  #begin(lane: Lane): void {
    const { pace, stopped } = this.#options;
    while (lane.underWay < lane.window && lane.spool.keys > 0) {
      if (stopped() || !pace.spend()) return;
      const key = lane.spool.take()!;
      this.#repair(this.#key.make(FETCH, key, 0, key.length), lane);
    }
  }

  #repair(key: Request, lane: Lane): void {
    const { repairs, copiesOf, lost } = this.#options;
    const copies = copiesOf(key);
    lane.underWay++;
    if (copies === null) return lane.repaired("clean", null);
    if (!copies.main.usable) lost();
    repairs.repair(key, copies, lane.repaired, lane.itemBytesMax === Infinity);
  }
}

/** What a lane is made of. */
interface LaneForm {
  readonly itemBytesMax: number;
  /** Repairs under way at a time. */
  readonly window: number;
  readonly spoolBytes: number;
  /** What became of a key; null for one that is not to be put back any more. */
  readonly ended: (how: RepairOutcome | null) => void;
}

/** Keys of about one size. */
class Lane {
  readonly itemBytesMax: number;
  readonly window: number;
  readonly spool: Spool;
  underWay = 0;
  readonly #ended: LaneForm["ended"];

  constructor({ itemBytesMax, window, spoolBytes, ended }: LaneForm) {
    this.itemBytesMax = itemBytesMax;
    this.window = window;
    this.spool = new Spool(spoolBytes);
    this.#ended = ended;
  }

  /** Keys wait, or are under way. */
  get works(): boolean {
    return this.spool.keys + this.underWay > 0;
  }

  readonly repaired = (_: Aftermath, how: RepairOutcome | null): void => {
    this.underWay--;
    this.#ended(how);
  };
}
