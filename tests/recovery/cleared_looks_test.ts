import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ClearedLooks } from "../../src/recovery/cleared_looks.ts";
import { Journal } from "../../src/recovery/journal.ts";
import { CopyOrder } from "../../src/route/copy_order.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination, hitOf } from "../support/fake_destination.ts";
import { settled } from "../support/settled.ts";

const GO_MS = 1000;
const ROUND_MS = 10_000;

/** A server without some keys that its copy has, or had. */
class Stage {
  readonly server = new FakeDestination("server");
  readonly copy = new FakeDestination("copy");
  readonly journal = new Journal(1000);
  readonly order = new CopyOrder();
  readonly clock = new FakeClock();
  readonly ending = new AbortController();
  readonly looks: ClearedLooks;
  mayAsk = true;
  forgotten = 0;

  constructor(...keys: readonly string[]) {
    this.looks = new ClearedLooks({
      clock: this.clock,
      journal: this.journal,
      order: this.order,
      copiesOf: () => this.mayAsk ? { main: this.server, backup: this.copy } : null,
      forgotten: () => this.forgotten++,
      signal: this.ending.signal,
    });
    for (const key of keys) {
      this.journal.add(key);
      this.journal.clear(key, false);
    }
    this.looks.begin();
  }

  /** What servers were asked since the last time. */
  get asked(): string[] {
    return [this.server, this.copy].flatMap(({ received }) => received.splice(0));
  }

  get cleared(): string[] {
    return [...this.journal.cleared].sort();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settled();
  }

  async answer(from: FakeDestination, line: string): Promise<void> {
    from.answer(line);
    await settled();
  }
}

test("ClearedLooks forget a key that is nowhere", async () => {
  const stage = new Stage("k");
  await stage.pass(GO_MS);
  assertEquals(stage.asked, ["mg k f t c\r\n"]);
  await stage.answer(stage.server, "EN");
  assertEquals(stage.asked, ["mg k f t c\r\n"]);
  await stage.answer(stage.copy, "EN");
  assertEquals([stage.journal.size, stage.forgotten, stage.clock.pending], [0, 1, 0]);
  assertEquals({ ...stage.looks.counters }, { looked: 1, ended: 1 });
});

test("ClearedLooks forget a key that somebody has written to the server", async () => {
  const stage = new Stage("k");
  await stage.pass(GO_MS);
  await stage.answer(stage.server, "HD f0 t-1 c5");
  assertEquals([stage.journal.size, stage.copy.received], [0, []]);
});

test("ClearedLooks look again, a round later, at what the copy has or cannot tell", async () => {
  for (const answers of [["EN", "HD f0 t60 c5"], ["EN", "SERVER_ERROR busy"], ["ERROR"]]) {
    const stage = new Stage("k");
    await stage.pass(GO_MS);
    await stage.answer(stage.server, answers[0]);
    if (answers.length > 1) await stage.answer(stage.copy, answers[1]);
    assertEquals([stage.cleared, stage.forgotten], [["k"], 0]);
    stage.asked;
    for (let ms = 0; ms < ROUND_MS - GO_MS; ms += GO_MS) await stage.pass(GO_MS);
    assertEquals(stage.asked, []);
    await stage.pass(GO_MS);
    assertEquals(stage.asked, ["mg k f t c\r\n"]);
  }
});

test("ClearedLooks take no placeholder for a value", async () => {
  const stage = new Stage("k");
  await stage.pass(GO_MS);
  const placeholder = hitOf("");
  placeholder.taken = true;
  stage.server.answerWith(placeholder);
  await settled();
  assertEquals([stage.cleared, stage.copy.received], [["k"], []]);
});

test("ClearedLooks leave alone what waits to be put back, or may not be asked", async () => {
  const stage = new Stage("k", "waits");
  stage.journal.waiting.add("waits");
  stage.mayAsk = false;
  await stage.pass(GO_MS);
  assertEquals([stage.asked, stage.cleared], [[], ["k", "waits"]]);
  stage.mayAsk = true;
  for (let ms = 0; ms < ROUND_MS; ms += GO_MS) await stage.pass(GO_MS);
  assertEquals(stage.asked, ["mg k f t c\r\n"]);
  await stage.answer(stage.server, "HD f0 t-1 c5");
  assertEquals([stage.asked, stage.cleared, stage.clock.pending], [[], ["waits"], 0]);
});

test("ClearedLooks wait for their turn, and forget nothing that was missed meanwhile", async () => {
  const stage = new Stage("k");
  const change = stage.order.begin("k");
  await stage.pass(GO_MS);
  assertEquals(stage.asked, []);
  stage.order.settle("k", change, null);
  await stage.answer(stage.server, "EN");
  stage.journal.add("k");
  await stage.answer(stage.copy, "EN");
  assertEquals([[...stage.journal.missed], stage.forgotten], [["k"], 0]);
});

test("ClearedLooks take a hundred keys in a go, and all of them in turn", async () => {
  const keys = Array.from({ length: 250 }, (_, at) => `k${at}`);
  const stage = new Stage(...keys);
  const asked: string[][] = [];
  for (let go = 0; go < 3; go++) {
    stage.clock.advance(GO_MS);
    await settled();
    for (; stage.server.waiting.length > 0; await settled()) {
      await stage.answer(stage.server, "EN");
      await stage.answer(stage.copy, "HD f0 t-1 c5");
    }
    stage.copy.received.length = 0;
    asked.push(stage.asked.map((line) => line.split(" ")[1]));
  }
  assertEquals(asked.map(({ length }) => length), [100, 100, 50]);
  assertEquals(asked.flat(), keys);
});

test("ClearedLooks ask servers without meta commands for the whole value, one long one a go", async () => {
  const stage = new Stage("a", "b");
  stage.server.speaksMeta = stage.copy.speaksMeta = false;
  await stage.pass(GO_MS);
  assertEquals(stage.asked, ["get a\r\n"]);
  await stage.answer(stage.server, "END");
  assertEquals(stage.asked, ["get a\r\n"]);
  const { sink } = stage.copy.take();
  sink.begin(hitOf("v"));
  sink.end(true);
  await settled();
  assertEquals([stage.asked, stage.cleared], [[], ["a", "b"]]);
  await stage.pass(GO_MS);
  assertEquals(stage.asked, ["get b\r\n"]);
  await stage.answer(stage.server, "END");
  await stage.answer(stage.copy, "END");
  assertEquals(stage.cleared, ["a"]);
});

test("ClearedLooks know that a server without meta commands cannot have a key with blanks", async () => {
  const stage = new Stage("a key");
  stage.server.speaksMeta = false;
  await stage.pass(GO_MS);
  assertEquals(stage.asked, ["mg YSBrZXk= f t c b\r\n"]);
  await stage.answer(stage.copy, "EN");
  assertEquals(stage.cleared, []);
});

test("ClearedLooks end with the proxy", async () => {
  const stage = new Stage("k");
  stage.ending.abort();
  await stage.pass(GO_MS);
  await stage.answer(stage.server, "EN");
  await stage.answer(stage.copy, "HD f0 t-1 c5");
  assertEquals(stage.clock.pending, 0);
});
