/** What a client of a schedule asked, when, and what it was told. */

import { ReplyStatus } from "../../src/message/reply.ts";

/** `append` and `incr` build on what is there; `flush_all` is of every key. */
export type OperationKind =
  | "get"
  | "set"
  | "add"
  | "cas"
  | "delete"
  | "append"
  | "incr"
  | "touch"
  | "flush_all";

/** One request of a client. */
export interface Operation {
  readonly id: number;
  readonly proxy: number;
  /** Times that its proxy had crashed before. */
  readonly life: number;
  readonly kind: OperationKind;
  /** Of a read: the cas number that was told; of a `cas`: the one that it compares with. */
  cas: string;
  /** Of a `cas`: where its number comes from. */
  readonly compared: Operation | null;
  /** Empty for `flush_all`. */
  readonly key: string;
  /** Of `set`, `add`, `cas` and `touch`, 0 for never, seconds. */
  readonly exptime: number;
  /** Steps of the schedule; they order operations that do not overlap. */
  readonly start: number;
  readonly startMs: number;
  end: number;
  endMs: number;
  status: ReplyStatus;
  /** What was read or counted. */
  value: string;
  flags: number;
  text: string;
  /** Meanwhile a server held the key that its proxy could have told. */
  held: boolean;
  /** Meanwhile its proxy lost a server that held the key. */
  shaken: boolean;
  /** All the while both servers of the key answered, and were trusted with it. */
  undisturbed: boolean;
}

/** The value that a `set`, `add` or `cas` writes: counters count on from it. */
export function writtenValue({ id, key }: Pick<Operation, "id" | "key">): string {
  return isCounter(key) ? String(id * COUNTER_SPAN) : `s${id}`;
}

/** What an `append` adds. */
export function appendedValue({ id }: Pick<Operation, "id">): string {
  return `+${id}`;
}

/** Increments that a counter can take before it looks like another one's. */
export const COUNTER_SPAN = 10_000;

/** Keys whose values are numbers. */
export function isCounter(key: string): boolean {
  return key.startsWith("n");
}

/** It was carried out, and its client knows. */
export function isDone({ status }: Operation): boolean {
  switch (status) {
    case ReplyStatus.Stored:
    case ReplyStatus.Deleted:
    case ReplyStatus.NotFound:
    case ReplyStatus.Touched:
    case ReplyStatus.Number:
    case ReplyStatus.Ok:
    case ReplyStatus.Hit:
    case ReplyStatus.Miss:
    case ReplyStatus.NotStored:
    case ReplyStatus.Exists:
      return true;
    default:
      return false;
  }
}

/** As it is shown in a report. */
export function describe(operation: Operation): string {
  const { id, proxy, kind, key, exptime, start, end, startMs, endMs, text } = operation;
  const lasting = exptime === 0 ? "" : ` for ${exptime} s`;
  const compared = operation.compared === null ? "" : ` as read by #${operation.compared.id}`;
  return `#${id} proxy ${proxy} ${kind} ${key}${lasting}${compared} [${start}, ${end}] ` +
    `${startMs} to ${endMs} ms: ${text.trim()}`;
}
