/**
 * Keeps both copies of a key in one order: the table of keys in flight.
 *
 * While the main decides a conditional change, what the backup must get is not
 * known yet; so whatever the backup is to get later, for that key, waits here.
 *
 *   key -> [decision, leg, leg, decision …]     oldest first; runs when settled
 *   flush_all waits for every key, and everything after it waits for it
 *
 * Owned by: ReplicateRoute.
 */

import type { Request } from "../message/request.ts";

/** A change whose copy is not known yet. */
export interface Decision {
  /** Set once the main has answered: what the backup gets, or null for nothing. */
  settled: boolean;
  run: (() => void) | null;
  /** Is called once, when nothing earlier of the key is under way. */
  head?: (() => void) | null;
  /** The main, too, gets it only in its turn. */
  holdsMain?: boolean;
}

/** What waits for the backups, by key. */
export class CopyOrder {
  readonly #chains = new Map<string, Decision[]>();
  /** Changes that the main gets in their turn, by key. */
  readonly #waitingAtMain = new Map<string, number>();
  /** A flush_all that waits for the keys above, or is under way. */
  #flush: (() => void) | null = null;
  /** What came after that flush_all. */
  #after: (() => void)[] = [];
  /** Every flush_all that has not left for the mains yet. */
  #flushesForMains = 0;

  /** No change is undecided: nothing needs to wait. */
  get idle(): boolean {
    return this.#chains.size === 0 && this.#flush === null;
  }

  /** Keys with something in flight. */
  get size(): number {
    return this.#chains.size;
  }

  /** Opens a decision about `key`; `settle` ends it. */
  begin(key: string): Decision {
    const decision: Decision = { settled: false, run: null };
    this.#enter(key, decision);
    return decision;
  }

  /** Calls `head` once the open decision is the oldest of its key. */
  whenOldest(key: string, decision: Decision, head: () => void): void {
    if (this.#chains.get(key)?.[0] === decision) head();
    else decision.head = head;
  }

  /** The same for one that the main gets only then. */
  whenHead(key: string, decision: Decision, head: () => void): void {
    decision.holdsMain = true;
    this.#holdMain(key);
    this.whenOldest(key, decision, head);
  }

  /** The decision has fallen: `run` sends the copy, in its turn. */
  settle(key: string, decision: Decision, run: (() => void) | null): void {
    if (decision.holdsMain) this.#releaseMain(key);
    decision.holdsMain = false;
    decision.settled = true;
    decision.run = run;
    this.#drain(key);
  }

  /** Runs `run` once everything that came earlier for `key` has run. */
  inTurn(key: string, run: () => void): void {
    this.#enter(key, { settled: true, run });
  }

  /** Runs `start` in its turn; what comes later for `key` waits until `start` calls back. */
  holding(key: string, start: (done: () => void) => void): void {
    const decision: Decision = { settled: false, run: null };
    this.inTurn(key, () => start(() => this.settle(key, decision, null)));
    this.#enter(key, decision);
  }

  /** The same for a change that the main, too, gets only in its turn. */
  holdingBoth(key: string, start: (done: () => void) => void): void {
    this.#holdMain(key);
    this.holding(key, (done) =>
      start(() => {
        this.#releaseMain(key);
        done();
      }));
  }

  /** Such a change is under way: what comes later would overtake it at the main. */
  holdsMain(request: Request): boolean {
    if (this.#flushesForMains > 0) return true;
    return this.#waitingAtMain.size > 0 && this.#waitingAtMain.has(request.keyText());
  }

  /** Any such change of any key is under way. */
  get holdsMains(): boolean {
    return this.#waitingAtMain.size > 0 || this.#flushesForMains > 0;
  }

  /**
   * Runs `start` once everything that came earlier, for any key, has run; everything that comes
   * later waits until `start` calls back.
   */
  holdingAll(start: (done: () => void) => void): void {
    if (this.#flush !== null) {
      this.#after.push(() => this.holdingAll(start));
      return;
    }
    this.#flush = () => start(() => this.#letPass());
    if (this.#chains.size === 0) this.#flush();
  }

  /**
   * The same for a flush_all that the mains, too, get only in its turn: until `start` calls
   * back, what comes later would overtake it there, whatever its key.
   */
  holdingAllAtBoth(start: (done: () => void) => void): void {
    this.#flushesForMains++;
    this.holdingAll((done) =>
      start(() => {
        this.#flushesForMains--;
        done();
      })
    );
  }

  /** Runs `run` once everything that is under way now has run; nobody waits for it. */
  pastAll(run: () => void): void {
    if (this.#flush !== null) {
      this.#after.push(() => this.pastAll(run));
      return;
    }
    const keys = [...this.#chains.keys()];
    let left = keys.length;
    if (left === 0) return run();
    const past = () => {
      left--;
      if (left === 0) run();
    };
    for (const key of keys) this.inTurn(key, past);
  }

  #holdMain(key: string): void {
    this.#waitingAtMain.set(key, (this.#waitingAtMain.get(key) ?? 0) + 1);
  }

  #releaseMain(key: string): void {
    const left = this.#waitingAtMain.get(key)! - 1;
    if (left === 0) this.#waitingAtMain.delete(key);
    else this.#waitingAtMain.set(key, left);
  }

  #enter(key: string, entry: Decision): void {
    if (this.#flush !== null) {
      this.#after.push(() => this.#enter(key, entry));
      return;
    }
    const chain = this.#chains.get(key);
    if (chain !== undefined) {
      chain.push(entry);
    } else if (entry.settled) {
      entry.run?.();
    } else {
      this.#chains.set(key, [entry]);
      callHead(entry);
    }
  }

  #drain(key: string): void {
    const chain = this.#chains.get(key);
    if (chain === undefined) return;
    while (chain.length > 0 && chain[0].settled) chain.shift()!.run?.();
    if (chain.length > 0) callHead(chain[0]);
    // A copy that failed at once may have come back here and begun the key anew.
    if (chain.length > 0 || this.#chains.get(key) !== chain) return;
    this.#chains.delete(key);
    if (this.#chains.size === 0) this.#flush?.();
  }

  #letPass(): void {
    this.#flush = null;
    const after = this.#after;
    this.#after = [];
    for (const enter of after) enter();
  }
}

function callHead(entry: Decision): void {
  const { head } = entry;
  entry.head = null;
  head?.();
}
