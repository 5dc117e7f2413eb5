/**
 * How keys are spread over servers: the contract, and the table of all that magent knows.
 *
 * A distribution is made once from the list of servers. `owner` is called for
 * every key of every request: it allocates nothing and keeps nothing.
 */

import { KetamaRing } from "./ketama_ring.ts";
import { Modulo } from "./modulo.ts";
import { TruncatedKetama } from "./truncated_ketama.ts";

/** Tells which server of a list owns a key. */
export interface Distribution {
  /** Index of the server that owns the key `bytes[start, end)`. */
  owner(bytes: Uint8Array, start: number, end: number): number;
}

/**
 * What a distribution knows of a server: its name, as the operator wrote it. An
 * IPv6 address has no brackets; a Unix socket is its path and port 0.
 */
export interface ServerPoint {
  readonly hostname: string;
  readonly port: number;
}

/** Rings number their servers in 16 bits. */
const SERVERS_MAX = 65536;

const DISTRIBUTIONS = {
  "modulo": Modulo,
  "ketama": KetamaRing,
  "ketama-0.6": TruncatedKetama,
} satisfies Record<
  string,
  new (servers: readonly ServerPoint[]) => Distribution
>;

/** The distribution of that name over these servers, of which there is at least one. */
export function createDistribution(
  name: keyof typeof DISTRIBUTIONS,
  servers: readonly ServerPoint[],
): Distribution {
  if (servers.length < 1 || servers.length > SERVERS_MAX) {
    throw new RangeError(
      `Cannot spread keys: servers must be 1 to ${SERVERS_MAX}: current value is ${servers.length}`,
    );
  }
  return servers.length === 1 ? ONLY_SERVER : new DISTRIBUTIONS[name](servers);
}

/** One server owns every key: there is nothing to hash. */
const ONLY_SERVER: Distribution = { owner: () => 0 };
