/**
 * What placement knows of a server: its name as the operator wrote it, and a port.
 */

import type { ServerAddress } from "./config.ts";

/** The name and port that a ring is made of; a Unix socket is its path and port 0. */
export function serverPoint({ address }: ServerAddress): { hostname: string; port: number } {
  return address.transport === "tcp"
    ? { hostname: address.hostname, port: address.port }
    : { hostname: address.path, port: 0 };
}
