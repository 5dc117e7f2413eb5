import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { Backend } from "../../src/backend/backend.ts";
import { Log } from "../../src/log/log.ts";
import type { DumpEnd } from "../../src/recovery/dump_reader.ts";
import { HeldValues } from "../../src/recovery/held_values.ts";
import type { RepairOutcome } from "../../src/recovery/repair_job.ts";
import { Repairs } from "../../src/recovery/repairs.ts";
import type { RestoreEnd } from "../../src/recovery/restore.ts";
import type { RestoreSource } from "../../src/recovery/restore_source.ts";
import { Restores } from "../../src/recovery/restores.ts";
import { SharedServers } from "../../src/recovery/shared_servers.ts";
import type { Copies } from "../../src/route/route.ts";
import { LatencyHistogram } from "../../src/stats/latency_histogram.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { toBytes } from "../support/latin1.ts";
import { settled } from "../support/settled.ts";

const COUNTS = { servers: 1, workers: 2 };
const STEP_MS = 100;
/** What a restore takes that is given its source's end. */
const RUN_MS = 3000;
const FRUITLESS_MS = 128_000;

/** The restores of one server by one worker, from a source that answers when the test says so. */
class Worker {
  readonly backend = { name: "a:1", latency: new LatencyHistogram(), usable: true };
  readonly repairs = new Repairs({
    clock: new FakeClock(),
    unixTime: () => 0,
    held: new HeldValues(1 << 20),
    mayAnswer: () => true,
    lacks: () => {},
  });
  readonly restores: Restores;
  readonly ends: RestoreEnd[] = [];
  /** What becomes of the one key. */
  outcome: RepairOutcome = "filled";
  readonly #reads: ((end: DumpEnd) => void)[] = [];

  constructor(number: number, { clock, memory }: Stage) {
    const source = {
      name: "copy:1",
      latency: new LatencyHistogram(),
      ready: true,
      read: (each: Parameters<RestoreSource["read"]>[0]) => {
        each({ bytes: toBytes("k"), keyStart: 0, keyEnd: 1, lastUse: 0, itemBytes: 70 });
        return new Promise<DumpEnd>((resolve) => void this.#reads.push(resolve));
      },
    };
    this.repairs.repair = (_key, _copies, then) => {
      this.repairs.counters[this.outcome]++;
      then("unclear", this.outcome);
    };
    this.restores = new Restores({
      backend: this.backend as unknown as Backend,
      log: new Log(() => {}),
      clock,
      turn: new SharedServers(memory, COUNTS, number).server(0),
      ask: () => Promise.resolve(null),
      make: () => ({
        repairs: this.repairs,
        clock,
        cpuMs: () => 0,
        unixTime: () => 0,
        keysPerSecond: 1000,
        spoolBytes: 1000,
        sources: [source],
        owns: () => true,
        copiesOf: () => ({ main: this.backend, backup: this.backend }) as unknown as Copies,
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

  /** Runs a restore of the first worker to its end. */
  async run(outcome: RepairOutcome): Promise<RestoreEnd> {
    const [worker] = this.workers;
    worker.outcome = outcome;
    worker.restores.begin();
    await this.pass(RUN_MS / 2);
    worker.finish();
    await this.pass(RUN_MS / 2);
    return worker.ends.at(-1)!;
  }

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

test("Restores that always fail, and put nothing back, end as partial after two minutes", async () => {
  const stage = new Stage();
  const [{ ends, restores, backend }] = stage.workers;
  const almost = async () => {
    assertEquals(await stage.run("failed"), "failed");
    stage.clock.advance(FRUITLESS_MS - 2 * RUN_MS);
    assertEquals(await stage.run("failed"), "failed");
  };
  await almost();
  assertEquals(await stage.run("filled"), "complete");
  await almost();
  // Of a server that was lost nothing is known.
  backend.usable = false;
  assertEquals(await stage.run("failed"), "failed");
  backend.usable = true;
  await almost();
  assertEquals(await stage.run("failed"), "partial");
  assertEquals([restores.counters.partial, ends.length], [1, 9]);
});
