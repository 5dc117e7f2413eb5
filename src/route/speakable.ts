import { DELETE, MS, SET } from "../message/command.ts";
import { isPlainKey } from "../message/key.ts";
import type { Request } from "../message/request.ts";
import { requestOf } from "../message/request_of.ts";
import type { Destination } from "./route.ts";

/** A meta change from a text client, for a backup that has no meta commands. */
export function speakable(request: Request, backup: Destination): Request {
  const { command, opcode, keyBytes, keyStart, keyEnd } = request;
  if (!command.meta || opcode >= 0 || backup.speaksMeta) return request;
  if (!isPlainKey(keyBytes, keyStart, keyEnd)) return request;
  const { flags, exptime, valueBytes, valueStart, valueEnd, body } = request;
  const classic = requestOf(command === MS ? SET : DELETE, request);
  return Object.assign(classic, { flags, exptime, valueBytes, valueStart, valueEnd, body });
}
