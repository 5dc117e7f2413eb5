/**
 * What befalls servers in a schedule, and when it ends.
 *
 * `careful` faults keep to the assumption of the promises: no data is lost that
 * no other server holds. `wild` ones do not; then keys may be missed, but still
 * nothing old may be read.
 */

import type { SeededRandom } from "../support/seeded_random.ts";
import type { SimServer } from "../support/sim_network.ts";
import type { SimProxy, SimWorld } from "./sim_proxy.ts";

/** One kind of misfortune; `crash` is a proxy's, the others are of servers. */
export type FaultKind = "kill" | "warm" | "stop" | "cut" | "break" | "crash";

export const FAULT_KINDS: readonly FaultKind[] = ["kill", "warm", "stop", "cut", "break"];

/** What misfortunes keep to. */
export interface FaultTerms {
  /** No data is lost that no other server holds. */
  readonly careful: boolean;
  /** A server that restarted answers nothing else until all proxies know that it did. */
  readonly agreed: boolean;
}

/** Does and undoes misfortunes. */
export class Faults {
  readonly #world: SimWorld;
  readonly #proxies: readonly SimProxy[];
  readonly #terms: FaultTerms;
  /** What still is to be put right. */
  #open: (() => void)[] = [];
  readonly #crashed = new Set<SimProxy>();

  constructor(world: SimWorld, proxies: readonly SimProxy[], terms: FaultTerms) {
    this.#world = world;
    this.#proxies = proxies;
    this.#terms = terms;
  }

  /** Something goes wrong, if it may. */
  strike(kinds: readonly FaultKind[]): void {
    const { random, network } = this.#world;
    const kind = random.pick(kinds);
    if (kind === "crash") return this.#crash();
    const number = random.below(network.servers.length);
    const server = network.servers[number];
    if (server.state !== "running" || server.cutFrom.size > 0) return;
    if (this.#terms.careful && !this.#mayLose(number, kind)) return;
    this.#world.log(`${server.name}: ${kind}`);
    this.#strike(server, kind, random);
  }

  /** Something is put right again. */
  mend(): void {
    const { random } = this.#world;
    if (this.#open.length > 0) this.#open.splice(random.below(this.#open.length), 1)[0]();
  }

  mendAll(): void {
    for (const mend of this.#open.splice(0)) mend();
  }

  #crash(): void {
    const proxy = this.#world.random.pick(this.#proxies);
    this.#world.log(`proxy ${proxy.number}: crash`);
    this.#crashed.add(proxy);
    proxy.crash();
  }

  #strike(server: SimServer, kind: Exclude<FaultKind, "crash">, random: SeededRandom): void {
    switch (kind) {
      case "kill":
      case "warm":
        server.kill();
        return this.#mendLater(server, "started", () => this.#start(server, kind === "warm"));
      case "stop":
        server.state = "stopped";
        return this.#mendLater(server, "continues", () => server.state = "running");
      case "cut":
        for (const { number } of this.#proxies) server.cutFrom.add(number);
        return this.#mendLater(server, "reached again", () => server.cutFrom.clear());
      case "break":
        return server.breakOne((count) => random.below(count));
    }
  }

  #start(server: SimServer, warm: boolean): void {
    server.start(warm);
    if (this.#terms.agreed) server.opensWhen = this.#agreement(server);
  }

  /** All have seen the new process, and what they sent elsewhere before has arrived. */
  #agreement(server: SimServer): () => boolean {
    const { servers } = this.#world.network;
    const number = servers.indexOf(server);
    const { pid } = server.memcached;
    let agreed = false;
    return () => {
      agreed ||= servers.every((one) => one === server || one.idle) &&
        this.#proxies.every(({ routes }) => routes.coordinator!.servers[number].known?.pid === pid);
      return agreed;
    };
  }

  #mendLater(server: SimServer, how: string, mend: () => void): void {
    const logged = () => {
      this.#world.log(`${server.name}: ${how}`);
      mend();
    };
    // Half of the restarts are over before anybody looks.
    if (this.#world.random.chance(0.3)) logged();
    else this.#open.push(logged);
  }

  /** Everything that is on this server only would stay. */
  #mayLose(number: number, kind: FaultKind): boolean {
    // Two proxies that each reach another server only cannot tell each other anything.
    if (kind === "break" && this.#proxies.length === 1) return true;
    const { servers } = this.#world.network;
    const isMain = (one: number) => one < this.#world.mains;
    const partners = servers.map((_, at) => at).filter((at) => isMain(at) !== isMain(number));
    const sound = partners.every((at) => this.#isSound(at));
    return sound && (kind !== "kill" || this.#isCopied(number));
  }

  #isSound(number: number): boolean {
    const server = this.#world.network.servers[number];
    if (server.state !== "running" || server.cutFrom.size > 0) return false;
    return this.#proxies.every((proxy) => {
      const { usable, phase } = proxy.backends[number];
      const { board, servers } = proxy.routes.coordinator!;
      const { journal, known } = servers[number];
      // A successor does not know yet what its predecessor announced of the server.
      const told = known !== null && board.freshUntilMs > this.#world.clock.now();
      if (this.#crashed.has(proxy) && !told) return false;
      return usable && phase === "serving" && journal.missed.size === 0;
    });
  }

  #isCopied(number: number): boolean {
    const { network, serversOf } = this.#world;
    const { items } = network.servers[number].memcached;
    return items.keys().every((key) => {
      const partner = serversOf(key).find((one) => one !== number)!;
      return key.startsWith("magent:") ||
        network.servers[partner].memcached.items.find(key) !== null;
    });
  }
}
