/**
 * One server that holds copies, as a restore reads it: along its hash table, or
 * where it cannot do that, slab class by slab class.
 *
 *   metadump hash ── refused ──> classes, largest first -> metadump of each
 *                                    -> worked off -> next
 *
 * A class is read along its lists. A key that a client uses moves between these,
 * also past the reader: of 20,000 keys in use, a dump by classes missed up to 3,000.
 *
 * Owned by: Restore, for one run.
 */

import type { Backend } from "../backend/backend.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { parseStatsAnswer } from "../stats/stats_answer.ts";
import type { LatencyHistogram } from "../stats/latency_histogram.ts";
import { CrawlerSleep } from "./crawler_sleep.ts";
import { type DumpedKey, type DumpEnd, readDump } from "./dump_reader.ts";

/** Between two tries while somebody else has a dump made, ms. */
const BUSY_PAUSE_MS = 500;

/** A dump of fewer names is over at once. */
const SHORT_NAMES = 5000;

/** What a restore tells a source, and is told by it. */
export interface DumpPace {
  /** Names are lacking: what came is about to be put back. */
  lacks(): boolean;
  /** Nobody wants the rest. */
  stopped(): boolean;
  /** So many keys are about to come, of this server and of others. */
  expect(keys: number): void;
  /** Resolves when all that came so far is put back; false to stop reading. */
  workedOff(): Promise<boolean>;
}

/** A server that keys are read from. */
export interface RestoreSource {
  readonly name: string;
  /** It is in service, and what it holds is right as far as it goes. */
  readonly ready: boolean;
  readonly latency: LatencyHistogram;
  read(each: (key: DumpedKey) => void, pace: DumpPace): Promise<DumpEnd>;
}

/** What a source is read with. */
export interface SourceServices {
  readonly runtime: Pick<Runtime, "connect">;
  readonly clock: Clock;
  /** A server's answer to an administrative line, null when there is none. */
  readonly ask: (backend: Backend, line: string) => Promise<string | null>;
  /** Aborted when the proxy ends. */
  readonly signal: AbortSignal;
}

/**
 * Whether a server is a source while it is restored itself. `wait`: changes reach it last then, and
 * others, which put back on it what we put back from it, would not know which value is the older one.
 */
export type SourceWhileRestored = "read" | "wait";

/** A slab class, and how many items it has. */
interface SlabClass {
  readonly id: string;
  readonly items: number;
}

/** A server of the farm as a source. */
export class BackendSource implements RestoreSource {
  readonly #server: Backend;
  readonly #services: SourceServices;
  readonly #restoring: SourceWhileRestored;

  /** `restoring`: what may be done with it while keys are put back on it, too. */
  constructor(server: Backend, services: SourceServices, restoring: SourceWhileRestored = "read") {
    this.#server = server;
    this.#services = services;
    this.#restoring = restoring;
  }

  get name(): string {
    return this.#server.name;
  }

  get ready(): boolean {
    const { usable, phase } = this.#server;
    return usable && (phase === "serving" || (phase === "restoring" && this.#restoring === "read"));
  }

  get latency(): LatencyHistogram {
    return this.#server.latency;
  }

  async read(each: (key: DumpedKey) => void, pace: DumpPace): Promise<DumpEnd> {
    const classes = slabClasses(await this.#services.ask(this.#server, "stats items"));
    pace.expect(classes.reduce((sum, { items }) => sum + items, 0));
    const end = await this.#readHash(each, pace);
    return end === "refused" ? await this.#readClasses(classes, each, pace) : end;
  }

  async #readHash(each: (key: DumpedKey) => void, pace: DumpPace): Promise<DumpEnd> {
    const { ask, clock } = this.#services;
    const sleep = new CrawlerSleep(clock, {
      ask: (line) => ask(this.#server, line),
      hurry: () => pace.lacks(),
    });
    let names = 0;
    const count = (key: DumpedKey) => {
      // Until names come, the crawler may be at work for somebody else.
      if (++names === SHORT_NAMES) sleep.begin();
      each(key);
    };
    const end = await this.#readDump("hash", count, pace);
    await sleep.end();
    return end;
  }

  async #readClasses(
    classes: readonly SlabClass[],
    each: (key: DumpedKey) => void,
    pace: DumpPace,
  ): Promise<DumpEnd> {
    for (const { id } of classes) {
      const end = await this.#readDump(id, each, pace);
      if (end !== "complete") return end;
      if (!await pace.workedOff()) return "lost";
    }
    return "complete";
  }

  async #readDump(
    part: string,
    each: (key: DumpedKey) => void,
    pace: DumpPace,
  ): Promise<DumpEnd> {
    const { runtime, signal, clock } = this.#services;
    const stopped = () => pace.stopped();
    const options = { clock, signal, each, stopped, part };
    for (;;) {
      const end = await readDump(runtime, this.#server.address, options);
      if (end !== "busy" || stopped() || signal.aborted) return end;
      await new Promise<void>((resolve) => void clock.after(BUSY_PAUSE_MS, resolve));
    }
  }
}

/** Largest first; all as one where a server does not tell its classes. */
export function slabClasses(items: string | null): readonly SlabClass[] {
  const classes: SlabClass[] = [];
  for (const [name, value] of parseStatsAnswer(items ?? "") ?? []) {
    const match = /^items:(\d+):number$/.exec(name);
    if (match !== null) classes.push({ id: match[1], items: Number(value) });
  }
  if (classes.length === 0) return [{ id: "all", items: 0 }];
  return classes.sort((one, other) => other.items - one.items);
}
