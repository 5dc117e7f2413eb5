/** Two workers of a process and one order of events: what both know is what neither forgets. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { SharedServers } from "../../src/recovery/shared_servers.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { SimNetwork, SimServer } from "../support/sim_network.ts";
import { CONNECT_TIMEOUT_MS, REQUEST_TIMEOUT_MS, SimProxy } from "./sim_proxy.ts";

const COUNTS = { servers: 2, workers: 2 };
/** Longer than workers take to confirm, and shorter than any timeout. */
const SOON_MS = 200;
const STEP_MS = 10;
/** Often enough that what was announced is known soon. */
const BOARD_TICK_MS = 50;
/** Servers are put in order, and the last placeholders are gone. */
const PEACE_MS = 40_000;
/** Longer than any chain of promises between two things that a worker waits for. */
const SETTLING_HOPS = 24;

/** A main, a backup, and two workers in front of them. */
class Stage implements Disposable {
  readonly main: SimServer;
  readonly backup: SimServer;
  readonly workers: readonly SimProxy[];
  readonly #clock = new FakeClock();
  readonly #network: SimNetwork;

  /** `boardTickMs`: how often workers look at what others announced; 0 for never. */
  constructor(boardTickMs = 0) {
    const unixMs = () => 1_800_000_000_000 + this.#clock.now();
    this.main = new SimServer("main", unixMs);
    this.backup = new SimServer("backup", unixMs);
    this.#network = new SimNetwork([this.main, this.backup]);
    const world = {
      network: this.#network,
      clock: this.#clock,
      random: new SeededRandom(1),
      unixMs,
      mains: 1,
      serversOf: () => [0, 1] as const,
      log: () => {},
    };
    const memory = SharedServers.memory(COUNTS);
    this.workers = [0, 1].map((number) => {
      const shared = new SharedServers(memory, COUNTS, number);
      return new SimProxy(number, world, { replication: "async", boardTickMs, shared, memory });
    });
  }

  /** Sends what a client's bytes ask for. */
  send(worker: number, text: string): RecordingSink {
    const sink = new RecordingSink();
    this.workers[worker].routes.route.send(parsedRequest(text), sink);
    return sink;
  }

  /** Whatever can arrive arrives, for so long. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#clock.now() + ms;
    do {
      await this.#settle();
      this.#clock.advance(STEP_MS);
    } while (this.#clock.now() < endMs);
    await this.#settle();
  }

  async get(worker: number, key: string): Promise<string> {
    const sink = this.send(worker, `get ${key}\r\n`);
    await this.pass(0);
    return sink.text;
  }

  /** What a server holds. */
  held(server: SimServer, key: string): string | null {
    return server.memcached.items.find(key)?.value ?? null;
  }

  [Symbol.dispose](): void {
    for (const worker of this.workers) worker.close();
  }

  async #settle(): Promise<void> {
    for (;;) {
      // Nothing here waits for the event loop.
      for (let hop = 0; hop < SETTLING_HOPS; hop++) await null;
      const turning = this.workers.filter(({ turns }) => turns.asked > 0);
      for (const { turns } of turning) turns.end();
      if (turning.length > 0) continue;
      const [next] = this.#network.deliveries(this.#clock.now());
      if (next === undefined) return;
      next();
    }
  }
}

for (const change of ["set k 0 0 3\r\nnew\r\n", "delete k\r\n"]) {
  const name = change.split(" ", 1)[0];
  test(`a ${name} of one worker on its way to the backup is not overtaken by another's repair`, {
    timeout: 30_000,
  }, async () => {
    using stage = new Stage();
    const told = name === "set" ? "VALUE k 0 3\r\nnew\r\n" : "END\r\n";
    stage.send(0, "set k 0 0 3\r\nold\r\n");
    await stage.pass(SOON_MS);
    assertEquals(await stage.get(1, "k"), "VALUE k 0 3\r\nold\r\n");

    // The main has it, the backup not yet; then the main comes back empty.
    stage.backup.cutFrom.add(0);
    const changed = stage.send(0, change);
    await stage.pass(0);
    assertEquals(changed.answered, true);
    assertEquals(stage.held(stage.backup, "k"), "old");
    stage.main.kill();
    stage.main.start(false);
    await stage.pass(SOON_MS);
    await stage.get(1, "k");
    await stage.pass(SOON_MS / 2);
    assertEquals(stage.held(stage.main, "k"), null);

    stage.backup.cutFrom.clear();
    await stage.pass(SOON_MS);
    for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), told);
    await stage.pass(PEACE_MS);
    for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), told);
    assertEquals(stage.held(stage.main, "k"), name === "set" ? "new" : null);
    assertEquals(stage.workers.map(({ backends }) => backends[0].phase), ["serving", "serving"]);
  });
}

test("a worker does not believe a miss on a server that another one puts back in order", {
  timeout: 30_000,
}, async () => {
  using stage = new Stage();
  stage.send(0, "set k 0 0 1\r\nv\r\n");
  await stage.pass(SOON_MS);
  stage.main.memcached.items.delete("k");
  assertEquals(await stage.get(1, "k"), "END\r\n");
  // It has been told, and the other one sees nothing but that.
  stage.workers[0].routes.coordinator!.servers[0].start();
  for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), "VALUE k 0 1\r\nv\r\n");
  await stage.pass(PEACE_MS);
  for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), "VALUE k 0 1\r\nv\r\n");
  assertEquals(stage.held(stage.main, "k"), "v");
});

test(
  "a worker that cannot reach the copy works on no value that another one may just be putting back",
  {
    timeout: 30_000,
  },
  async () => {
    using stage = new Stage();
    stage.send(0, "set k 0 0 1\r\nv\r\n");
    await stage.pass(SOON_MS);
    stage.main.cutFrom.add(0);
    stage.backup.kill();
    stage.backup.start(false);
    // It finds that the main cannot be reached; the other worker puts back what the backup lost.
    await stage.get(0, "other");
    await stage.pass(SOON_MS + CONNECT_TIMEOUT_MS);
    const refused = stage.send(0, "append absent 0 0 1\r\nw\r\n");
    const added = stage.send(0, "add absent 0 0 1\r\nx\r\n");
    await stage.pass(SOON_MS);
    assertEquals([refused.failure, added.text], ["recovering", "STORED\r\n"]);
    assertEquals(stage.held(stage.backup, "absent"), "x");
  },
);

test(
  "what one worker sets between a flush_all that another one's main missed and its repetition is kept",
  {
    timeout: 30_000,
  },
  async () => {
    using stage = new Stage();
    stage.main.cutFrom.add(0);
    const flushed = stage.send(0, "flush_all\r\n");
    await stage.pass(REQUEST_TIMEOUT_MS + SOON_MS);
    assertEquals(flushed.text, "OK\r\n");
    const set = stage.send(1, "set k 0 0 1\r\nv\r\n");
    await stage.pass(SOON_MS);
    assertEquals(set.text, "STORED\r\n");
    stage.main.cutFrom.clear();
    await stage.pass(PEACE_MS);
    assertEquals([stage.held(stage.main, "k"), stage.held(stage.backup, "k")], ["v", "v"]);
    for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), "VALUE k 0 1\r\nv\r\n");
  },
);

test(
  "the successor of a worker that crashed empties no server that another worker has just asked",
  {
    timeout: 30_000,
  },
  async () => {
    using stage = new Stage(BOARD_TICK_MS);
    stage.send(0, "set k 0 0 1\r\nv\r\n");
    await stage.pass(SOON_MS);
    stage.send(1, "get k\r\n");
    await stage.pass(SOON_MS);

    // The main misses a change of the other worker, and nobody has been told yet.
    stage.main.cutFrom.add(1);
    const asked = stage.send(1, "get k\r\n");
    const [{ routes, backends }] = stage.workers;
    routes.coordinator!.missed(backends[0], parsedRequest("delete other\r\n"));
    stage.workers[0].crash();
    await stage.pass(SOON_MS);
    assertEquals([asked.answered, stage.held(stage.main, "k")], [false, "v"]);
    stage.main.cutFrom.clear();
    await stage.pass(SOON_MS);
    assertEquals(asked.text, "VALUE k 0 1\r\nv\r\n");

    await stage.pass(PEACE_MS);
    for (const worker of [0, 1]) assertEquals(await stage.get(worker, "k"), "VALUE k 0 1\r\nv\r\n");
    assertEquals(stage.held(stage.main, "k"), "v");
    assertEquals(stage.workers.map(({ backends }) => backends[0].phase), ["serving", "serving"]);
  },
);
