/** Who may tell of a key; when one of them holds it, a read of it must be a hit. */

import { GET } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { toBytes } from "../support/latin1.ts";
import type { SimProxy, SimWorld } from "./sim_proxy.ts";

/** A server that may tell, as long as it is in the same life. */
export interface Teller {
  readonly server: number;
  /** The process and the proxy's connections to it: both the same, and nothing went wrong between. */
  readonly life: string;
  /** It has a value of the key. */
  readonly holds: boolean;
}

/** Servers of this key that answer the proxy, and are trusted with it. */
export function tellers(proxy: SimProxy, world: SimWorld, key: string): Teller[] {
  const bytes = toBytes(key);
  const request = new Request().make(GET, bytes, 0, bytes.length);
  return world.serversOf(key).flatMap((server) => {
    const backend = proxy.backends[server];
    const sim = world.network.servers[server];
    if (!sim.answers(proxy.number) || !backend.reachable) return [];
    if (!proxy.routes.coordinator!.mayAnswer(backend, request)) return [];
    if (backend.connectionFor(request).state !== "open") return [];
    const item = sim.memcached.items.find(key);
    const holds = item !== null && !item.placeholder;
    return [{ server, life: `${sim.memcached.pid} ${backend.epoch}`, holds }];
  });
}

/** Those that have stayed what they were. */
export function stayed(before: readonly Teller[], after: readonly Teller[]): Teller[] {
  return before.filter((one) =>
    after.some((other) => other.server === one.server && other.life === one.life)
  );
}
