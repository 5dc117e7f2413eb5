/**
 * What is broken, when, and for how long: round after round from one seed.
 *
 * A round breaks one or both servers of one side, mends them, and waits until every
 * proxy has put them in order: so both copies of a key are never broken together.
 */

import type { SeededRandom } from "../../tests/support/seeded_random.ts";
import type { MemcachedProcess } from "../../tests/support/memcached_process.ts";
import type { FaultWord } from "./chaos_options.ts";
import type { ChaosFarm } from "./chaos_farm.ts";
import type { ChaosProxy } from "./chaos_proxy.ts";

const LONGEST_AWAY_MS = 4000;
const LONGEST_LEAD_MS = 1500;
const PROXY_CHANCE = 0.5;
const BOTH_CHANCE = 0.3;

/** When something was broken, and when all was well again. */
export interface Round {
  readonly startMs: number;
  endMs: number;
  readonly text: string;
}

/** Runs rounds one after the other. */
export class FaultPlan {
  readonly rounds: Round[] = [];
  /** When something was broken. */
  readonly breaksMs: number[] = [];
  readonly #farm: ChaosFarm;
  readonly #random: SeededRandom;
  readonly #servers: readonly FaultWord[];
  readonly #proxies: readonly FaultWord[];

  constructor(farm: ChaosFarm, random: SeededRandom, faults: readonly FaultWord[]) {
    this.#farm = farm;
    this.#random = random;
    this.#servers = faults.filter((word) => !word.startsWith("proxy-"));
    this.#proxies = faults.filter((word) => word.startsWith("proxy-"));
  }

  /** One round; rejects when the farm does not come to rest. */
  async round(): Promise<void> {
    const steps = [...this.#serverSteps(), ...this.#proxySteps()];
    const text = steps.map((step) => step.text).join("; ");
    const round: Round = { startMs: performance.now(), endMs: Infinity, text };
    this.rounds.push(round);
    console.log(`${(round.startMs / 1000).toFixed(1)} s: ${text}`);
    await Promise.all(steps.map((step) => step.run()));
    await this.#farm.calm();
    round.endMs = performance.now();
  }

  #serverSteps(): Step[] {
    if (this.#servers.length === 0) return [];
    const side = this.#random.pick(["main", "backup"] as const);
    const servers = side === "main" ? this.#farm.mains : this.#farm.backups;
    const both = this.#random.chance(BOTH_CHANCE);
    const first = this.#random.below(servers.length);
    const chosen = both ? servers.map((_, at) => at) : [first];
    return chosen.map((at) => this.#serverStep(servers[at], `${side} ${at + 1}`));
  }

  #serverStep(server: MemcachedProcess, name: string): Step {
    const how = this.#random.pick(this.#servers);
    const [lead, away] = this.#times();
    const run = async () => {
      await pause(lead);
      this.breaksMs.push(performance.now());
      if (how === "stop") await server.stop();
      else if (how === "warm") await server.endKeepingMemory();
      else await server.kill();
      await pause(away);
      if (how === "stop") server.resume();
      else if (how === "warm") await server.restartWarm();
      else await server.restart();
    };
    return { text: `${how} ${name} after ${lead} ms for ${away} ms`, run };
  }

  #proxySteps(): Step[] {
    if (this.#proxies.length === 0 || !this.#random.chance(PROXY_CHANCE)) return [];
    const at = this.#random.below(this.#farm.proxies.length);
    const how = this.#random.pick(this.#proxies);
    const [lead, away] = this.#times();
    const run = async () => {
      await pause(lead);
      this.breaksMs.push(performance.now());
      await breakProxy(this.#farm.proxies[at], how, away);
    };
    return [{ text: `${how} ${at} after ${lead} ms for ${away} ms`, run }];
  }

  #times(): [lead: number, away: number] {
    // Short absences are as telling as long ones: half of them under a fifth of the longest.
    const share = this.#random.chance(0.5) ? 0.2 : 1;
    return [
      this.#random.below(LONGEST_LEAD_MS),
      Math.ceil(this.#random.fraction() * share * LONGEST_AWAY_MS),
    ];
  }
}

interface Step {
  readonly text: string;
  readonly run: () => Promise<void>;
}

async function breakProxy(proxy: ChaosProxy, how: FaultWord, away: number): Promise<void> {
  if (how === "proxy-stop") proxy.signal("SIGSTOP");
  else await proxy.kill();
  await pause(away);
  if (how === "proxy-stop") proxy.signal("SIGCONT");
  else await proxy.start();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
