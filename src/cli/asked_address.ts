/**
 * Whom `magent stats` and `magent top` ask.
 *
 *   nothing         127.0.0.1 and the port of a proxy that was given none
 *   HOST[:PORT]     a proxy or a memcached, as in "-s"
 *   --control PATH  the control socket of a proxy
 */

import { DEFAULT_CONFIG } from "../config/config.ts";
import { InvalidValue } from "../config/invalid_value.ts";
import { parseServerAddress } from "../config/parse_server_address.ts";
import { parseUnixPath } from "../config/parse_unix_path.ts";
import type { Address } from "../runtime/runtime.ts";
import type { Flag } from "./flag.ts";

/** An address, and what to call it. */
export interface AskedAddress {
  readonly name: string;
  readonly address: Address;
}

/** Where `--control` is kept until all arguments were read. */
export interface AskedSettings {
  control: string | null;
}

const DEFAULT_ASKED = `127.0.0.1:${DEFAULT_CONFIG.listen?.port}`;

/** The flag that asks a control socket. */
export const ASKED_CONTROL_FLAG: Flag<AskedSettings> = {
  names: ["control"],
  value: "PATH",
  help: "ask the control socket of a proxy, not a port",
  set: (settings, value) => settings.control = parseUnixPath(value),
};

/** The address that was named, or the usual one; throws `InvalidValue`. */
export function askedAddress(word: string | undefined, { control }: AskedSettings): AskedAddress {
  if (control === null) return parseServerAddress(word ?? DEFAULT_ASKED);
  if (word !== undefined) {
    throw new InvalidValue(`Cannot ask two at once: "${word}" and "--control ${control}"`);
  }
  return { name: `unix:${control}`, address: { transport: "unix", path: control } };
}
