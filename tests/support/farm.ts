/**
 * The farms that end-to-end tests run against: memcached servers and a proxy in front.
 *
 * Owned by: the test, which disposes of it (`await using`). Owns: all its processes.
 */

import { MagentProcess } from "./magent_process.ts";
import { MemcachedProcess } from "./memcached_process.ts";
import { MetaFilter } from "./meta_filter.ts";
import { ServerTap } from "./server_tap.ts";

/** How many servers, and whether the proxy sees them with meta commands. */
export interface FarmForm {
  readonly mains: number;
  readonly backups: number;
  readonly meta?: boolean;
  /** Listens in on what the mains are sent. */
  readonly tap?: boolean;
  readonly args?: readonly string[];
  /** In place of the usual arguments of the servers. */
  readonly memcachedArgs?: readonly string[];
}

/** Servers and a proxy. */
export class Farm implements AsyncDisposable {
  readonly mains: MemcachedProcess[] = [];
  readonly backups: MemcachedProcess[] = [];
  readonly #filters: MetaFilter[] = [];
  readonly #taps: ServerTap[] = [];
  #proxy: MagentProcess | null = null;

  private constructor() {}

  /** Starts everything. */
  static async start(form: FarmForm): Promise<Farm> {
    const farm = new Farm();
    try {
      const options = form.memcachedArgs === undefined ? {} : { args: form.memcachedArgs };
      for (let i = 0; i < form.mains; i++) farm.mains.push(await MemcachedProcess.start(options));
      for (let i = 0; i < form.backups; i++) {
        farm.backups.push(await MemcachedProcess.start(options));
      }
      farm.#proxy = await MagentProcess.start({
        mains: form.tap
          ? await farm.#tapped(farm.mains)
          : await farm.#names(farm.mains, form.meta ?? true),
        backups: await farm.#names(farm.backups, form.meta ?? true),
        args: form.args ?? [],
      });
    } catch (error) {
      await farm[Symbol.asyncDispose]();
      throw error;
    }
    return farm;
  }

  /** The proxy in front. */
  get proxy(): MagentProcess {
    if (this.#proxy === null) throw new Error("this farm has no proxy yet");
    return this.#proxy;
  }

  /** All that the mains were sent so far, where the form asked for it. */
  get mainsReceived(): string {
    return this.#taps.map(({ received }) => received).join("\r\n");
  }

  /** The next connection that sends a main something is broken instead, where the form has taps. */
  breakMains(): void {
    for (const tap of this.#taps) tap.breakNext();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const parts = [this.#proxy, ...this.#filters, ...this.#taps, ...this.mains, ...this.backups];
    for (const part of parts) await part?.[Symbol.asyncDispose]();
  }

  async #tapped(servers: readonly MemcachedProcess[]): Promise<string[]> {
    this.#taps.push(...await Promise.all(servers.map(({ port }) => ServerTap.start(port))));
    return this.#taps.map(({ server }) => server);
  }

  async #names(servers: readonly MemcachedProcess[], meta: boolean): Promise<string[]> {
    if (meta) return servers.map(({ server }) => server);
    const filters = await Promise.all(servers.map(({ port }) => MetaFilter.start(port)));
    this.#filters.push(...filters);
    return filters.map(({ server }) => server);
  }
}
