import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Backend } from "../../src/backend/backend.ts";
import { Log } from "../../src/log/log.ts";
import type { DumpEnd } from "../../src/recovery/dump_reader.ts";
import { HeldValues } from "../../src/recovery/held_values.ts";
import { Repairs } from "../../src/recovery/repairs.ts";
import type { RestoreEnd } from "../../src/recovery/restore.ts";
import { Restores } from "../../src/recovery/restores.ts";
import { SharedServers } from "../../src/recovery/shared_servers.ts";
import { LatencyHistogram } from "../../src/stats/latency_histogram.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { settled } from "../support/settled.ts";

const COUNTS = { servers: 1, workers: 2 };
const STEP_MS = 100;

/** The restores of one server by one worker, from a source that answers when the test says so. */
class Worker {
  readonly restores: Restores;
  readonly ends: RestoreEnd[] = [];
  readonly #reads: ((end: DumpEnd) => void)[] = [];

  constructor(number: number, { clock, memory }: Stage) {
    const source = {
      name: "copy:1",
      latency: new LatencyHistogram(),
      ready: true,
      read: () => new Promise<DumpEnd>((resolve) => void this.#reads.push(resolve)),
    };
    this.restores = new Restores({
      backend: { name: "a:1", latency: new LatencyHistogram() } as unknown as Backend,
      log: new Log(() => {}),
      clock,
      turn: new SharedServers(memory, COUNTS, number).server(0),
      ask: () => Promise.resolve(null),
      make: () => ({
        repairs: new Repairs({
          unixTime: () => 0,
          held: new HeldValues(1 << 20),
          mayAnswer: () => true,
          lacks: () => {},
        }),
        clock,
        cpuMs: () => 0,
        unixTime: () => 0,
        keysPerSecond: 1000,
        spoolBytes: 1000,
        sources: [source],
        owns: () => true,
        copiesOf: () => null,
        signal: new AbortController().signal,
      }),
      ended: (end) => this.ends.push(end),
    });
  }

  get reading(): boolean {
    return this.#reads.length > 0;
  }

  finish(): void {
    for (const end of this.#reads.splice(0)) end("complete");
  }
}

class Stage {
  readonly clock = new FakeClock();
  readonly memory = SharedServers.memory(COUNTS);
  readonly workers = [new Worker(0, this), new Worker(1, this)] as const;

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.clock.advance(STEP_MS);
      await settled();
    }
  }
}

test("Restores of two workers run one at a time", async () => {
  const stage = new Stage();
  const [one, two] = stage.workers;
  one.restores.begin();
  two.restores.begin();
  await stage.pass(5000);
  assertEquals([one.reading, two.reading], [true, false]);
  assertEquals([one.restores.running, two.restores.running], [true, true]);

  one.finish();
  await stage.pass(1000);
  assertEquals([one.ends, two.reading], [["complete"], false]);
  await stage.pass(4000);
  assertEquals(two.reading, true);
  two.finish();
  await stage.pass(1000);
  assertEquals(two.ends, ["complete"]);
});

test("Restores that wait for another worker begin no more once they are cancelled", async () => {
  const stage = new Stage();
  const [one, two] = stage.workers;
  one.restores.begin();
  two.restores.begin();
  await stage.pass(1000);
  two.restores.cancel();
  assertEquals(two.restores.running, false);
  one.finish();
  await stage.pass(10_000);
  assertEquals([two.reading, two.restores.counters.begun], [false, 0]);
});

test("Restores that are cancelled leave the turn to another worker", async () => {
  const stage = new Stage();
  const [one, two] = stage.workers;
  one.restores.begin();
  await stage.pass(500);
  one.restores.cancel();
  two.restores.begin();
  await stage.pass(2000);
  assertEquals(two.reading, true);
});
