/** Keys in the answers of meta commands. */

import { encodeBase64 } from "../protocol/base64.ts";
import type { OutputBuffer } from "../protocol/output_buffer.ts";

/** Writes ` kKEY`, or the key in base64 with ` b` behind it. */
export function appendKey(out: OutputBuffer, key: string, binary: boolean): void {
  out.appendText(binary ? ` k${base64Of(key)} b` : ` k${key}`);
}

/** A key of one character a byte in base64. */
export function base64Of(key: string): string {
  const bytes = Uint8Array.from(key, (letter) => letter.charCodeAt(0));
  return encodeBase64(bytes, 0, bytes.length);
}
