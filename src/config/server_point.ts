/**
 * What placement knows of a server: its name as the operator wrote it, and a port.
 */

import type { ServerAddress } from "./config.ts";

/** The name and port that a ring is made of; without a port it is the path or name, and 0. */
export function serverPoint({ address }: ServerAddress): { hostname: string; port: number } {
  switch (address.transport) {
    case "tcp":
      return { hostname: address.hostname, port: address.port };
    case "unix":
      return { hostname: address.path, port: 0 };
    case "embedded":
      return { hostname: address.name, port: 0 };
  }
}
