import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import type { SentBefore } from "../../src/backend/sent_before.ts";
import { Log } from "../../src/log/log.ts";
import { Confirmations } from "../../src/recovery/confirmations.ts";
import { SharedServers } from "../../src/recovery/shared_servers.ts";
import { CopyOrder } from "../../src/route/copy_order.ts";
import { FakeClock } from "../support/fake_clock.ts";

const COUNTS = { servers: 1, workers: 2 };
const GRACE_MS = 2000;
/** Two looks of everybody. */
const SOON_MS = 250;
const LATE_MS = 30_000 + GRACE_MS;

/** Two workers that share a memory and a clock. */
class Stage {
  readonly clock = new FakeClock();
  readonly memory = SharedServers.memory(COUNTS);
  logged = "";

  worker(number: number): Worker {
    return new Worker(number, this);
  }
}

/** A worker with one server, to which something is under way until the test says that it is not. */
class Worker {
  readonly order = new CopyOrder();
  readonly confirmations: Confirmations;
  underWay = false;
  confirmed = 0;
  readonly #ending = new AbortController();

  constructor(number: number, stage: Stage) {
    const sent = { look: () => !this.underWay } as unknown as SentBefore;
    this.confirmations = new Confirmations({
      rounds: new SharedServers(stage.memory, COUNTS, number).rounds(),
      clock: stage.clock,
      log: new Log((line) => stage.logged += line),
      graceMs: GRACE_MS,
      order: this.order,
      servers: () => [{ sentBefore: () => sent }],
      signal: this.#ending.signal,
    });
  }

  ask(): void {
    this.confirmations.whenConfirmed(() => this.confirmed++);
  }

  end(): void {
    this.#ending.abort();
  }
}

test("Confirmations calls back when every worker has confirmed", () => {
  const stage = new Stage();
  const [one, two] = [stage.worker(0), stage.worker(1)];
  one.ask();
  assertEquals(one.confirmed, 0);
  stage.clock.advance(SOON_MS);
  assertEquals([one.confirmed, two.confirmed], [1, 0]);
  assertEquals({ ...one.confirmations.counters }, { asked: 1, late: 0 });
});

test("Confirmations waits until what another worker has under way is answered", () => {
  const stage = new Stage();
  const [one, two] = [stage.worker(0), stage.worker(1)];
  two.underWay = true;
  one.ask();
  stage.clock.advance(GRACE_MS);
  assertEquals(one.confirmed, 0);
  two.underWay = false;
  stage.clock.advance(SOON_MS);
  assertEquals(one.confirmed, 1);
});

test("Confirmations waits for a copy that is still to be sent, and holds up no other", () => {
  const stage = new Stage();
  const [one, two] = [stage.worker(0), stage.worker(1)];
  const decision = two.order.begin("k");
  one.ask();
  stage.clock.advance(SOON_MS);
  const ran: string[] = [];
  two.order.inTurn("other", () => ran.push("leg"));
  assertEquals([one.confirmed, ran], [0, ["leg"]]);
  two.order.settle("k", decision, null);
  stage.clock.advance(SOON_MS);
  assertEquals(one.confirmed, 1);
});

test("Confirmations answers a question that comes during another one, too", () => {
  const stage = new Stage();
  const [one, two] = [stage.worker(0), stage.worker(1)];
  two.underWay = true;
  one.ask();
  stage.clock.advance(SOON_MS);
  two.ask();
  one.ask();
  two.underWay = false;
  stage.clock.advance(2 * SOON_MS);
  assertEquals([one.confirmed, two.confirmed], [2, 1]);
});

test("Confirmations lets the successor of a worker confirm in its place", () => {
  const stage = new Stage();
  const [one, two] = [stage.worker(0), stage.worker(1)];
  two.underWay = true;
  one.ask();
  stage.clock.advance(SOON_MS);
  two.end();
  stage.clock.advance(SOON_MS);
  assertEquals(one.confirmed, 0);
  stage.worker(1);
  stage.clock.advance(SOON_MS);
  assertEquals([one.confirmed, one.confirmations.counters.late], [1, 0]);
});

test("Confirmations goes on without a worker that does not confirm for long", () => {
  const stage = new Stage();
  const one = stage.worker(0);
  one.ask();
  stage.clock.advance(LATE_MS - 1);
  assertEquals(one.confirmed, 0);
  stage.clock.advance(SOON_MS);
  assertEquals([one.confirmed, { ...one.confirmations.counters }], [1, { asked: 1, late: 1 }]);
  assertStringIncludes(stage.logged, "worker 2 has not confirmed");
});

test("Confirmations looks no more when its proxy has ended", () => {
  const stage = new Stage();
  const one = stage.worker(0);
  one.end();
  stage.clock.advance(SOON_MS);
  assertEquals(stage.clock.pending, 0);
});
