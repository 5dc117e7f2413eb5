/** What clients did and what they were told, for a judge to look at afterwards. */

/** How an operation ended: `failed` is an error of the proxy, `cut` no answer at all. */
export type Outcome = "answered" | "failed" | "cut";

/** What clients of a history do. Values are whole numbers, so that all can be counted up. */
export type OperationKind = "get" | "set" | "add" | "delete" | "incr";

/** One operation of one client. */
export interface Operation {
  readonly kind: OperationKind;
  readonly key: string;
  /** What `set` and `add` store. */
  readonly value: string | null;
  /** Which proxy was asked. */
  readonly proxy: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: Outcome;
  /** The value that was read or counted up to, or the line that came; null is a miss. */
  readonly answer: string | null;
}

/** Operations by key; those that change a key come one after the other. */
export class History {
  readonly #keys = new Map<string, Operation[]>();
  size = 0;

  /** Adds an operation that has ended. */
  add(operation: Operation): void {
    const operations = this.#keys.get(operation.key);
    if (operations === undefined) this.#keys.set(operation.key, [operation]);
    else operations.push(operation);
    this.size++;
  }

  get keys(): Iterable<string> {
    return this.#keys.keys();
  }

  /** All operations on one key, in the order in which they ended. */
  of(key: string): readonly Operation[] {
    return this.#keys.get(key) ?? [];
  }

  /** How many operations of a kind ended in some way. */
  count(counts: (operation: Operation) => boolean): number {
    let sum = 0;
    for (const operations of this.#keys.values()) {
      for (const operation of operations) if (counts(operation)) sum++;
    }
    return sum;
  }
}

/** One operation in a line, for people. */
export function operationText(operation: Operation): string {
  const { kind, value, proxy, startMs, endMs, outcome, answer } = operation;
  const sent = value === null ? kind : `${kind} ${value}`;
  const got = outcome === "answered" ? answer ?? "miss" : `${outcome} (${answer ?? "no answer"})`;
  return `${startMs.toFixed(1)}-${endMs.toFixed(1)} proxy ${proxy}: ${sent} -> ${got}`;
}
