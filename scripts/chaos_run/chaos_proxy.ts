/**
 * One proxy of the chaos, which keeps its port while it is killed and started again.
 *
 * Owned by: ChaosFarm. Owns: its process.
 */

import { Child } from "../../tests/support/child.ts";
import { poll } from "../../tests/support/deadline.ts";
import { magentCommand } from "../../tests/support/magent_process.ts";
import { type Target, TextClient } from "../../tests/support/text_client.ts";

const START_MS = 30_000;
const ASKED: ReadonlySet<string> = new Set(["up", "restoring"]);
/** Lines of `stats recovery` about keys that are on one server only, and what they say when none is. */
const ALONE = /^STAT \w+_(?:journal_missed|journal_cleared|lacks_keys_of) (?!(?:0|none)\r)/m;

/** A proxy. */
export class ChaosProxy {
  readonly target: Target;
  readonly #args: readonly string[];
  #child: Child | null = null;
  #logs = "";

  constructor(port: number, args: readonly string[]) {
    this.target = { port };
    this.#args = ["-D", "-l", "127.0.0.1", "-p", `${port}`, ...args];
  }

  /** All that it and those before it on its port have logged. */
  get log(): string {
    return this.#logs + (this.#child?.output ?? "");
  }

  /** Starts it and waits until it accepts. */
  async start(): Promise<void> {
    const [command, ...before] = magentCommand();
    const child = new Child(command, [...before, ...this.#args]);
    this.#child = child;
    const accepts = async () => {
      if (child.ended) throw new Error(`magent ended at once: ${child.output}`);
      return await this.#stats().then(() => true, () => null);
    };
    await poll(accepts, START_MS, "magent that accepts");
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    await child.kill();
    this.#logs += `${child.output}-- killed\n`;
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.signal(name);
  }

  /**
   * It asks all of so many servers again, and none of them lacks a key that its copy holds. A
   * restored one stays `restoring` for a while: until placeholders that other proxies may have left
   * are gone.
   */
  async calm(servers: number): Promise<boolean> {
    const stats = await this.#stats("recovery").catch(() => "");
    const states = [...stats.matchAll(/^STAT \w+_state (\w+)\r$/gm)];
    const asked = states.length === servers && states.every(([, state]) => ASKED.has(state));
    return asked && !ALONE.test(stats);
  }

  async #stats(group = "servers"): Promise<string> {
    await using client = await TextClient.connect(this.target);
    return await client.ask(`stats ${group}\r\n`, "END\r\n");
  }
}
