/** Values that no item can hold, of the classic, the meta and the binary protocol. */

import { SET } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import { binaryOpcode } from "../protocol/binary_codes.ts";
import type { Answering } from "./answering.ts";

const TOO_LARGE = "SERVER_ERROR object too large for cache\r\n";
const LINE_END_BYTES = 2;

/** Refuses a value that is too large for an item with these client flags; true when it did. */
export function refuseTooLarge(
  request: Request,
  flags: number,
  { store, out }: Answering,
): boolean {
  const key = request.keyText();
  const { body } = request;
  // What no item can hold is not assembled either.
  const value = body === null ? request.valueLength : body.left - LINE_END_BYTES;
  if (store.fits({ key: key.length, flags, value })) return false;
  store.counters.store_too_large++;
  const old = replacesOld(request) ? store.find(key) : null;
  if (old !== null) store.unlink(old);
  if (!request.silent) out.appendText(TOO_LARGE);
  return true;
}

/** A value that was to be replaced must not be read again; `ms` says so of all its modes. */
function replacesOld({ opcode, command }: Request): boolean {
  if (opcode >= 0) return binaryOpcode(opcode)?.kind.command === SET;
  return command === SET || command.shape === "metaSet";
}
