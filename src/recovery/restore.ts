/**
 * Puts a whole server back from the servers that hold its copies.
 *
 *   metadump of each backup -> keys of this server, last used first
 *       -> repairs, a window of them at a time, at most so many a second
 *
 * Owned by: ServerRecovery, which cancels it when the server is lost again.
 */

import { FETCH } from "../message/command.ts";
import { Request } from "../message/request.ts";
import type { Copies } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { DumpedKey, DumpEnd } from "./dump_reader.ts";
import type { Repairs } from "./repairs.ts";

/** Repairs under way at a time; enough to fill both connections. */
const WINDOW = 256;
/** Bytes of key names that are kept; further keys are left to read repair. */
const SPOOL_BYTES = 256 << 20;
/** What one key costs beside its bytes, roughly. */
const KEY_OVERHEAD_BYTES = 64;
const BUSY_PAUSE_MS = 500;
const TICK_MS = 10;

/** What a restore works with. */
export interface RestoreOptions {
  readonly repairs: Repairs;
  readonly clock: Clock;
  readonly keysPerSecond: number;
  /** Dumps of all servers that may hold copies. */
  readonly dumps: readonly ((each: (key: DumpedKey) => void) => Promise<DumpEnd>)[];
  /** The two servers of a key, null when it is not this server's. */
  readonly copiesOf: (key: Request) => Copies | null;
}

/** How far it is. */
export interface RestoreProgress {
  readonly keys: number;
  readonly done: number;
  /** Keys for which there was no room. */
  readonly left: number;
}

/** One run; `cancel` ends it early. */
export class Restore {
  readonly #options: RestoreOptions;
  readonly #failedBefore: number;
  readonly #skippedBefore: number;
  readonly #keys: DumpedKey[] = [];
  #spoolBytes = 0;
  #next = 0;
  #underWay = 0;
  #left = 0;
  #cancelled = false;

  constructor(options: RestoreOptions) {
    this.#options = options;
    this.#failedBefore = options.repairs.counters.failed;
    this.#skippedBefore = options.repairs.counters.skipped;
  }

  get progress(): RestoreProgress {
    return { keys: this.#keys.length, done: this.#next - this.#underWay, left: this.#left };
  }

  cancel(): void {
    this.#cancelled = true;
  }

  /** Resolves with true when every dump was complete and every key was tried. */
  async run(): Promise<boolean> {
    let complete = true;
    for (const dump of this.#options.dumps) complete = await this.#collect(dump) && complete;
    // Last used first: these are the keys that clients miss most.
    this.#keys.sort((one, other) => other.lastUse - one.lastUse);
    while (!this.#cancelled && (this.#next < this.#keys.length || this.#underWay > 0)) {
      this.#fill();
      await this.#pause(TICK_MS);
    }
    // Where repairs failed, keys may be missing still.
    const { failed, skipped } = this.#options.repairs.counters;
    const whole = failed === this.#failedBefore && skipped === this.#skippedBefore;
    return complete && whole && !this.#cancelled && this.#left === 0;
  }

  async #collect(dump: RestoreOptions["dumps"][number]): Promise<boolean> {
    for (;;) {
      const end = await dump((key) => this.#keep(key));
      if (end !== "busy" || this.#cancelled) return end === "complete";
      await this.#pause(BUSY_PAUSE_MS);
    }
  }

  #keep(key: DumpedKey): void {
    const request = keyRequest(key);
    if (this.#options.copiesOf(request) === null) return;
    this.#spoolBytes += key.key.length + KEY_OVERHEAD_BYTES;
    if (this.#spoolBytes > SPOOL_BYTES) this.#left++;
    else this.#keys.push(key);
  }

  /** Starts as many repairs as the window and the rate allow for one tick. */
  #fill(): void {
    const { keysPerSecond, repairs, copiesOf } = this.#options;
    let allowance = Math.max(1, Math.floor(keysPerSecond * TICK_MS / 1000));
    const next = () => {
      while (allowance > 0 && this.#underWay < WINDOW && this.#next < this.#keys.length) {
        if (this.#cancelled) return;
        const request = keyRequest(this.#keys[this.#next++]);
        const copies = copiesOf(request);
        if (copies === null) continue;
        allowance--;
        this.#underWay++;
        repairs.repair(request, copies, () => {
          this.#underWay--;
          next();
        });
      }
    };
    next();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve));
  }
}

function keyRequest({ key }: DumpedKey): Request {
  return new Request().make(FETCH, key, 0, key.length);
}
