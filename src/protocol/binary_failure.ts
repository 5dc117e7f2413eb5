/** Error lines of servers, and our own, as statuses of the binary protocol. */

import { type BinaryKind, BinaryStatus } from "./binary_codes.ts";

/** Lines by how they begin; the first that fits. */
const BEGINNINGS: readonly (readonly [string, BinaryStatus])[] = [
  ["CLIENT_ERROR cannot increment or decrement non-numeric", BinaryStatus.NotNumeric],
  ["CLIENT_ERROR flush_all not allowed", BinaryStatus.AuthError],
  ["CLIENT_ERROR server has no meta commands", BinaryStatus.NotSupported],
  ["CLIENT_ERROR", BinaryStatus.Invalid],
  ["SERVER_ERROR object too large for cache", BinaryStatus.TooLarge],
  ["SERVER_ERROR out of memory", BinaryStatus.OutOfMemory],
  ["SERVER_ERROR Out of memory", BinaryStatus.OutOfMemory],
  ["SERVER_ERROR", BinaryStatus.InternalError],
];

/** A server's new number did not find room; of an old one the text is another. */
const NO_NEW_NUMBER = "Out of memory allocating new item";

/** What a binary client is told. */
export interface BinaryFailure {
  readonly status: BinaryStatus;
  /** The body; without it that of the status. */
  readonly text?: string;
}

/** The status of an error line to a request of this kind, with the body that memcached gives it. */
export function failureOf(line: Uint8Array, kind: BinaryKind): BinaryFailure {
  const text = String.fromCharCode(...line);
  const found = BEGINNINGS.find(([beginning]) => text.startsWith(beginning));
  // A plain `ERROR`: the server does not know the command.
  const status = found === undefined ? BinaryStatus.UnknownCommand : found[1];
  if (status === BinaryStatus.InternalError) return { status, text: withoutPrefix(line) };
  if (status !== BinaryStatus.OutOfMemory) return { status };
  if (kind.value) return { status, text: "Out of memory allocating item" };
  if (text.includes(NO_NEW_NUMBER)) return { status, text: NO_NEW_NUMBER };
  return { status, text: "Out of memory incrementing value" };
}

/** The words of an error line behind `SERVER_ERROR`, without its line end. */
export function withoutPrefix(line: Uint8Array): string {
  return String.fromCharCode(...line).trimEnd().replace(/^SERVER_ERROR /, "");
}
