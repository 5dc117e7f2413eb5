/**
 * `magent demo --tour`: the story of two servers that die and come back empty, told with what
 * is sent and what is answered. Every step is checked; the first that does not show what it
 * should ends the tour.
 *
 * Owned by: one run of `magent demo`.
 */

import type { Runtime } from "../runtime/runtime.ts";
import type { DemoFarm } from "./demo_farm.ts";
import type { DemoServer } from "./demo_server.ts";
import { placesText } from "./demo_text.ts";
import { isInOrder, recoveryRows } from "./recovery_rows.ts";
import { TourFailure, TourStage } from "./tour_stage.ts";

/** The two keys of the story; the distribution gives each main one of them. */
const PAIR: Readonly<Record<string, string>> = { apple: "green", cherry: "red" };
const KEYS = Object.keys(PAIR);
/** Keys beside them, so that there is something to be put back. */
const CROWD = 1000;

/** Plays the story. */
export class DemoTour {
  readonly #farm: DemoFarm;
  readonly #stage: TourStage;

  constructor(farm: DemoFarm, runtime: Runtime) {
    this.#farm = farm;
    this.#stage = new TourStage(runtime);
  }

  /** Returns the exit status. */
  async play(): Promise<number> {
    try {
      await this.#begin();
      await this.#storeKeys();
      await this.#seeWhereTheyLive();
      await this.#killMains();
      await this.#readOn("The backup answers in their place");
      await this.#readCrowd();
      await this.#startMainsEmpty();
      await this.#readOn("They are back, and no read misses");
      await this.#watchThemFill();
      await this.#readCrowd();
      this.#stage.say("\nBoth main servers died, and no read missed. Try it: magent demo");
    } catch (error) {
      return this.#stage.fail(error);
    }
    return 0;
  }

  async #begin(): Promise<void> {
    this.#stage.say("Two main servers, a backup and a proxy, all in this process:");
    this.#stage.print(placesText(this.#farm));
    await this.#stage.rest();
  }

  async #storeKeys(): Promise<void> {
    await this.#stage.step("Two keys are stored through the proxy, and a thousand more");
    for (const [key, value] of Object.entries(PAIR)) {
      const answer = await this.#askProxy(`set ${key} 0 0 ${value.length}\r\n${value}`);
      expect(answer === "STORED\r\n", `"${key}" was not stored`);
    }
    const crowd = crowdKeys().map((key) => `set ${key} 0 0 1 noreply\r\nx\r\n`).join("");
    const answer = await this.#farm.ask(`${crowd}mn`);
    expect(answer === "MN\r\n", `the thousand were answered "${answer.slice(0, 80)}"`);
  }

  async #seeWhereTheyLive(): Promise<void> {
    await this.#stage.step("Each lives on one of the mains, and a second time on the backup");
    const { mains, backup } = this.#farm;
    // The main's answer is the client's; the copy may come a moment later.
    await this.#stage.until(
      "the backup has a copy of every key",
      async () => await this.#itemsOf(backup) >= KEYS.length + CROWD,
    );
    const held = [];
    for (const server of mains) held.push(await this.#keysAt(server));
    for (const keys of held) expect(keys.length === 1, "a main does not hold one of the two keys");
    expect(held[0][0] !== held[1][0], "both mains hold the same key");
    const copies = await this.#keysAt(backup);
    expect(copies.length === KEYS.length, "the backup does not hold both keys");
  }

  async #killMains(): Promise<void> {
    await this.#stage.step("Both mains are killed: what they held is gone");
    for (const server of this.#farm.mains) {
      server.kill();
      const refused = await this.#farm.ask("version", server.address).then(() => false, () => true);
      expect(refused, `${server.label} still answers`);
      this.#stage.print(`  ${server.label}: connection refused\n`);
    }
  }

  async #readOn(title: string): Promise<void> {
    await this.#stage.step(title);
    const answer = await this.#askProxy(`get ${KEYS.join(" ")}`);
    expect(keysIn(answer).length === KEYS.length, "a key was not read");
  }

  async #readCrowd(): Promise<void> {
    const crowd = await this.#farm.ask(`get ${crowdKeys().join(" ")}`);
    const read = keysIn(crowd).length;
    this.#stage.print(`  of the thousand, the proxy reads ${read}\n`);
    expect(read === CROWD, `${CROWD - read} of the thousand were not read`);
  }

  async #startMainsEmpty(): Promise<void> {
    await this.#stage.step("Both mains are started again, empty");
    // From here on the proxy does its work; whoever reads along should not miss it.
    this.#stage.hurry();
    for (const server of this.#farm.mains) {
      await server.start(async (ask) => {
        const line = `get ${KEYS.join(" ")}`;
        this.#stage.sent(server.label, line);
        const answer = await ask(line);
        this.#stage.answered(server.label, answer);
        expect(answer === "END\r\n", `${server.label} was not empty`);
      });
    }
  }

  async #watchThemFill(): Promise<void> {
    await this.#stage.step("Meanwhile the proxy fills them from the backup");
    const { mains } = this.#farm;
    const wanted = KEYS.length + CROWD;
    await this.#stage.until("the mains hold all keys again", async () => {
      const counts = [];
      for (const server of mains) counts.push(await this.#itemsOf(server));
      this.#stage.progress(`  keys put back: ${counts.join(" + ")}`);
      return counts[0] + counts[1] >= wanted && await this.#allInOrder();
    });
    const held = [];
    for (const server of mains) held.push(...await this.#keysAt(server));
    expect(held.length === KEYS.length, "a main lacks its key");
    for (const server of mains) {
      this.#stage.print(`  ${server.label} is full again: ${await this.#itemsOf(server)} keys\n`);
    }
  }

  async #allInOrder(): Promise<boolean> {
    const rows = recoveryRows(await this.#farm.control("stats recovery"));
    return rows.length > 0 && rows.every(isInOrder);
  }

  async #askProxy(line: string): Promise<string> {
    return await this.#talk("proxy", line, () => this.#farm.ask(line));
  }

  /** Asks a server itself for the two keys; gives those that it holds. */
  async #keysAt(server: DemoServer): Promise<string[]> {
    const line = `get ${KEYS.join(" ")}`;
    const answer = await this.#talk(
      server.label,
      line,
      () => this.#farm.ask(line, server.address),
    );
    return keysIn(answer);
  }

  async #talk(name: string, line: string, ask: () => Promise<string>): Promise<string> {
    this.#stage.sent(name, line);
    const answer = await ask();
    this.#stage.answered(name, answer);
    return answer;
  }

  /** How many keys of the story a server holds; what magent keeps there for itself is not counted. */
  async #itemsOf({ address }: DemoServer): Promise<number> {
    const answer = await this.#farm.ask(`get ${[...KEYS, ...crowdKeys()].join(" ")}`, address);
    return keysIn(answer).length;
  }
}

function crowdKeys(): string[] {
  return Array.from({ length: CROWD }, (_, index) => `key:${index + 1}`);
}

/** The keys that were answered with a value; the place that is kept for one has no bytes. */
function keysIn(answer: string): string[] {
  return [...answer.matchAll(/^VALUE (\S+) \d+ [1-9]\d*\r$/gm)].map((match) => match[1]);
}

function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new TourFailure(otherwise);
}
