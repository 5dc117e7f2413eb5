/** What the proxy says by itself about lines that are wrong, in memcached 1.6.18's words. */

function line(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\r\n`);
}

export const NO_ANSWER: Uint8Array = new Uint8Array(0);
export const END: Uint8Array = line("END");
export const ERROR: Uint8Array = line("ERROR");
export const BAD_FORMAT: Uint8Array = line("CLIENT_ERROR bad command line format");
export const BAD_DATA: Uint8Array = line("CLIENT_ERROR bad data chunk");
export const BAD_EXPTIME: Uint8Array = line("CLIENT_ERROR invalid exptime argument");
export const BAD_DELTA: Uint8Array = line("CLIENT_ERROR invalid numeric delta argument");
export const BAD_DELETE: Uint8Array = line(
  "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]",
);
/** Of memcached before 1.6; 1.6.18 only closes. */
export const LINE_TOO_LONG: Uint8Array = line("CLIENT_ERROR line too long");
export const MG_FLAGS_TOO_LONG: Uint8Array = line("CLIENT_ERROR options flags are too long");
export const FLAGS_TOO_LONG: Uint8Array = line("CLIENT_ERROR options flags too long");
