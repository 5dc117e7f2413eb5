/**
 * Two mains, two backups and some proxies, each of which can be broken and mended.
 *
 * Owned by: the chaos script, which disposes of it. Owns: all processes and memory files.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { poll } from "../../tests/support/deadline.ts";
import { freePort } from "../../tests/support/free_port.ts";
import { MemcachedProcess } from "../../tests/support/memcached_process.ts";
import { MARKER_KEY } from "../../src/backend/identity.ts";
import { ChaosProxy } from "./chaos_proxy.ts";

const SIDE = 2;
const CALM_MS = 60_000;
/** A replay may be under way although the server is up: two request timeouts, and some. */
const REPLAY_MS = 3000;

/** The whole farm. */
export class ChaosFarm implements AsyncDisposable {
  readonly mains: MemcachedProcess[] = [];
  readonly backups: MemcachedProcess[] = [];
  readonly proxies: ChaosProxy[] = [];
  readonly #folder = mkdtempSync("/dev/shm/magent-chaos-");

  static async start(proxies: number, args: readonly string[]): Promise<ChaosFarm> {
    const farm = new ChaosFarm();
    try {
      for (let i = 0; i < SIDE; i++) farm.mains.push(await farm.#server(`main${i}`));
      for (let i = 0; i < SIDE; i++) farm.backups.push(await farm.#server(`backup${i}`));
      const servers = [
        ...farm.mains.flatMap(({ server }) => ["-s", server]),
        ...farm.backups.flatMap(({ server }) => ["-b", server]),
      ];
      for (let i = 0; i < proxies; i++) {
        const proxy = new ChaosProxy(await freePort(), [...servers, ...args]);
        farm.proxies.push(proxy);
        await proxy.start();
      }
    } catch (error) {
      await farm[Symbol.asyncDispose]();
      throw error;
    }
    return farm;
  }

  /** Waits until every proxy has every server in service, and nothing more to put in order. */
  async calm(): Promise<void> {
    const calm = async () => {
      for (const proxy of this.proxies) if (!await proxy.calm(2 * SIDE)) return null;
      for (const server of [...this.mains, ...this.backups]) if (!await whole(server)) return null;
      return true;
    };
    await poll(calm, CALM_MS, "calm");
    await new Promise((resolve) => setTimeout(resolve, REPLAY_MS));
    await poll(calm, CALM_MS, "calm");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of this.proxies) await proxy.kill();
    for (const server of [...this.mains, ...this.backups]) {
      await server[Symbol.asyncDispose]();
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #server(name: string): Promise<MemcachedProcess> {
    return MemcachedProcess.start({ args: ["-m", "64", "-e", join(this.#folder, name)] });
  }
}

/** Its marker says that nothing is being put back there. */
async function whole(server: MemcachedProcess): Promise<boolean> {
  await using client = await server.client();
  return (await client.get(MARKER_KEY))?.endsWith(" up") ?? false;
}
