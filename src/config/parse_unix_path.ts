/**
 * Paths of Unix sockets, which the system bounds far below other paths.
 */

import { InvalidValue } from "./invalid_value.ts";

/** Linux keeps 108 bytes for the path, with the zero byte at its end. */
const UNIX_PATH_BYTES = 107;

/** Reads the path of a Unix socket. */
export function parseUnixPath(text: string): string {
  if (text === "") throw new InvalidValue("path of a Unix socket must not be empty");
  if (text.includes("\0")) throw new InvalidValue("path must not hold a zero byte");
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= UNIX_PATH_BYTES) return text;
  throw new InvalidValue(
    `path of a Unix socket must be at most ${UNIX_PATH_BYTES} bytes, this one has ${bytes}`,
  );
}
