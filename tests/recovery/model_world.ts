/** The servers of one schedule, its time, and where keys belong. */

import { createDistribution } from "../../src/hash/distribution.ts";
import { toBytes } from "../support/latin1.ts";
import { SimNetwork, SimServer } from "../support/sim_network.ts";
import type { SimWorld } from "./sim_proxy.ts";

/** When simulated time begins, ms since 1970. */
export const BEGINNING_MS = 1_800_000_000_000;

/** A world of so many mains and backups, with keys placed as magent places them. */
export function modelWorld(
  { mains, backups }: { readonly mains: number; readonly backups: number },
  { clock, random, log }: Pick<SimWorld, "clock" | "random" | "log">,
): SimWorld {
  const unixMs = () => BEGINNING_MS + clock.now();
  const names = [
    ...numbers(mains).map((number) => `main${number}`),
    ...numbers(backups).map((number) => `backup${number}`),
  ];
  const owner = (from: number, count: number) => {
    const points = numbers(count).map((at) => ({ hostname: names[from + at], port: from + at }));
    const distribution = createDistribution("modulo", points);
    return (key: string) => from + distribution.owner(toBytes(key), 0, key.length);
  };
  const main = owner(0, mains);
  const backup = owner(mains, backups);
  return {
    network: new SimNetwork(names.map((name) => new SimServer(name, unixMs))),
    clock,
    random,
    unixMs,
    mains,
    serversOf: (key) => [main(key), backup(key)],
    log,
  };
}

/** From 0 on, so many. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
