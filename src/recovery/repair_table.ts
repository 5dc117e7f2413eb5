/**
 * The keys under repair, found by their bytes.
 *
 *   hash -> row -> job -> job
 *
 * Not a Map by name: a string for every key of a restore costs more than its repair.
 *
 * Owned by: Repairs.
 */

import type { Request } from "../message/request.ts";
import type { RepairJob } from "./repair_job.ts";

/** A power of two; about one job a row when the table is full. */
const ROWS = 4096;

/** Finds who repairs a key. */
export class RepairTable {
  readonly #rows: (RepairJob | null)[] = new Array(ROWS).fill(null);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(key: Request, hash: number): RepairJob | null {
    let job = this.#rows[hash % ROWS];
    while (job !== null && !job.isFor(key, hash)) job = job.next;
    return job;
  }

  add(job: RepairJob): void {
    const row = job.hash % ROWS;
    job.next = this.#rows[row];
    this.#rows[row] = job;
    this.#size++;
  }

  /** Takes out one that is there. */
  remove(job: RepairJob): void {
    const row = job.hash % ROWS;
    let before = this.#rows[row];
    if (before === job) {
      this.#rows[row] = job.next;
    } else {
      while (before!.next !== job) before = before!.next;
      before!.next = job.next;
    }
    job.next = null;
    this.#size--;
  }
}
