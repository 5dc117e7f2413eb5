/**
 * Judges a history: what may each answer be, given all that was acknowledged before?
 *
 * The changes of one key come one after the other, so after each of them it is known
 * what the key may hold: one value, or several after a change that was not acknowledged.
 * A read may tell whatever the key may have held at some moment while it was under way.
 */

import { type History, type Operation, operationText } from "./history.ts";

/**
 * `stale`: a value that was overwritten or deleted before. `lost`: a miss of a key
 * that was stored. `invented`: a value that nobody ever stored. `phantom`: an `add`
 * that was refused although there was nothing.
 */
export type Fault = "stale" | "lost" | "invented" | "phantom";

/** An answer that should not have been given. */
export interface Violation {
  readonly fault: Fault;
  readonly operation: Operation;
  /** The newest acknowledged change before it; null when there was none. */
  readonly newest: Operation | null;
  /** The operation that stored what was told, or took away what was missed. */
  readonly told: Operation | null;
}

/** What a key may hold; null is nothing. */
type Contents = ReadonlySet<string | null>;

interface Change {
  readonly operation: Operation;
  readonly before: Contents;
  readonly after: Contents;
}

const NOTHING: Contents = new Set([null]);

/** All answers of a history that should not have been given. */
export function violationsOf(history: History): Violation[] {
  const found: Violation[] = [];
  for (const key of history.keys) found.push(...violationsOfKey(history.of(key)));
  return found.sort((one, other) => one.operation.startMs - other.operation.startMs);
}

function violationsOfKey(operations: readonly Operation[]): Violation[] {
  const found: Violation[] = [];
  const changes: Change[] = [];
  let contents = NOTHING;
  for (const operation of operations) {
    if (operation.kind === "get") continue;
    const seen = seenBy(operation);
    if (seen !== undefined && !contents.has(seen)) {
      found.push(violation(operation, seen, changes));
    }
    const refused = operation.kind === "add" && operation.answer === "NOT_STORED";
    if (refused && contents.size === 1 && contents.has(null)) {
      found.push({ ...violation(operation, null, changes), fault: "phantom" });
    }
    const after = afterChange(operation, contents);
    changes.push({ operation, before: contents, after });
    contents = after;
  }
  for (const operation of operations) {
    if (operation.kind !== "get" || operation.outcome !== "answered") continue;
    if (mayTell(operation, changes)) continue;
    found.push(violation(operation, operation.answer, changes));
  }
  return found;
}

/** What an answered change tells of what the key held before; undefined is nothing. */
function seenBy({ kind, outcome, answer }: Operation): string | null | undefined {
  if (outcome !== "answered") return undefined;
  if (kind === "incr") return answer === null ? null : `${Number(answer) - 1}`;
  return kind === "add" && answer === "STORED" ? null : undefined;
}

function afterChange(operation: Operation, before: Contents): Contents {
  const { kind, value, outcome, answer } = operation;
  // A change in doubt is taken back by deleting both copies.
  if (outcome !== "answered") return new Set([...before, ...effectsOf(operation, before), null]);
  switch (kind) {
    case "incr":
      return answer === null ? before : new Set([answer]);
    case "add":
      return answer === "STORED" ? new Set([value]) : before;
    default:
      return new Set([value]);
  }
}

function effectsOf({ kind, value }: Operation, before: Contents): (string | null)[] {
  if (kind !== "incr") return [value];
  return [...before].filter((one) => one !== null).map((one) => `${Number(one) + 1}`);
}

/** Some moment of the read agrees with what it told. */
function mayTell(read: Operation, changes: readonly Change[]): boolean {
  const next = firstEndingAfter(changes, read.startMs);
  const before = changes[next - 1]?.after ?? NOTHING;
  if (before.has(read.answer)) return true;
  for (let at = next; at < changes.length; at++) {
    const { operation, after } = changes[at];
    if (operation.startMs > read.endMs) return false;
    if (after.has(read.answer)) return true;
  }
  return false;
}

function firstEndingAfter(changes: readonly Change[], timeMs: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (changes[middle].operation.endMs < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function violation(
  operation: Operation,
  told: string | null,
  changes: readonly Change[],
): Violation {
  const earlier = changes.filter((one) => one.operation.startMs < operation.endMs);
  const source = earlier.findLast(({ before, after }) => after.has(told) && !before.has(told));
  const acknowledged = earlier.filter(({ operation: one }) =>
    one.outcome === "answered" && one.endMs < operation.startMs
  );
  const fault = told === null ? "lost" : source === undefined ? "invented" : "stale";
  return {
    fault,
    operation,
    newest: acknowledged.at(-1)?.operation ?? null,
    told: source?.operation ?? null,
  };
}

/** A violation in a few lines, for people. */
export function violationText({ fault, operation, newest, told }: Violation): string {
  const lines = [`${fault}: key ${operation.key}: ${operationText(operation)}`];
  if (newest !== null) lines.push(`  newest before it: ${operationText(newest)}`);
  if (told !== null) lines.push(`  what it told is of: ${operationText(told)}`);
  return lines.join("\n");
}
