/** Who holds a value of a key that its proxy may tell: then a read of it must be a hit. */

import { GET } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { toBytes } from "../support/latin1.ts";
import type { SimProxy, SimWorld } from "./sim_proxy.ts";

/** A server that holds a key, as long as it is in the same life. */
export interface Holder {
  readonly server: number;
  /** The process and the proxy's connections to it: both the same, and nothing went wrong between. */
  readonly life: string;
}

/** Servers of this key that answer the proxy, have the key, and are trusted with it. */
export function holders(proxy: SimProxy, world: SimWorld, key: string): Holder[] {
  const bytes = toBytes(key);
  const request = new Request().make(GET, bytes, 0, bytes.length);
  return world.serversOf(key).flatMap((server) => {
    const backend = proxy.backends[server];
    const sim = world.network.servers[server];
    const item = sim.memcached.items.find(key);
    if (item === null || item.placeholder || !sim.answers(proxy.number)) return [];
    if (!backend.reachable || !proxy.routes.coordinator!.mayAnswer(backend, request)) return [];
    if (backend.connectionFor(request).state !== "open") return [];
    return [{ server, life: `${sim.memcached.pid} ${backend.epoch}` }];
  });
}
