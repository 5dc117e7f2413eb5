import type { Command } from "./command.ts";
import { Request } from "./request.ts";

/** Where a key stands. */
export type KeyRange = Pick<Request, "keyBytes" | "keyStart" | "keyEnd">;

/** A request of our own for a key that somebody else holds. */
export function requestOf(command: Command, { keyBytes, keyStart, keyEnd }: KeyRange): Request {
  return new Request().make(command, keyBytes, keyStart, keyEnd);
}
