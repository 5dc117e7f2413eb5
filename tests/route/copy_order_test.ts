import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { CopyOrder, type Decision } from "../../src/route/copy_order.ts";
import { forSeeds } from "../support/seeded_random.ts";

/** A flush_all that is over as soon as it has run. */
function flushAfterAll(order: CopyOrder, run: () => void): void {
  order.holdingAll((done) => {
    run();
    done();
  });
}

test("CopyOrder runs at once what nothing is before", () => {
  const order = new CopyOrder();
  const ran: string[] = [];
  order.inTurn("a", () => ran.push("leg"));
  flushAfterAll(order, () => ran.push("flush"));
  assertEquals([ran, order.idle, order.size], [["leg", "flush"], true, 0]);
});

test("CopyOrder holds back what comes after an open decision, of its key only", () => {
  const order = new CopyOrder();
  const ran: string[] = [];
  const first = order.begin("a");
  order.inTurn("a", () => ran.push("a leg"));
  order.inTurn("b", () => ran.push("b leg"));
  const second = order.begin("a");
  order.inTurn("a", () => ran.push("a last"));
  assertEquals([ran, order.size, order.idle], [["b leg"], 1, false]);
  order.settle("a", second, () => ran.push("second"));
  assertEquals(ran, ["b leg"]);
  order.settle("a", first, null);
  assertEquals(ran, ["b leg", "a leg", "second", "a last"]);
  assertEquals([order.size, order.idle], [0, true]);
});

test("CopyOrder lets a flush wait for every key, and everything later for the flush", () => {
  const order = new CopyOrder();
  const ran: string[] = [];
  const a = order.begin("a");
  const b = order.begin("b");
  flushAfterAll(order, () => ran.push("flush"));
  order.inTurn("c", () => ran.push("c leg"));
  const late = order.begin("a");
  order.inTurn("a", () => ran.push("a leg"));
  flushAfterAll(order, () => ran.push("second flush"));
  // Settled before it is its turn.
  order.settle("a", late, () => ran.push("late"));
  order.settle("b", b, () => ran.push("b"));
  assertEquals([ran, order.idle], [["b"], false]);
  order.settle("a", a, () => ran.push("a"));
  assertEquals(ran, ["b", "a", "flush", "c leg", "late", "a leg", "second flush"]);
  assertEquals(order.idle, true);
});

test("CopyOrder holds a key until what it started calls back", () => {
  const order = new CopyOrder();
  const ran: string[] = [];
  let done = () => {};
  order.holding("a", (end) => {
    ran.push("start");
    done = end;
  });
  order.inTurn("a", () => ran.push("later"));
  order.inTurn("b", () => ran.push("other"));
  assertEquals([ran, order.size], [["start", "other"], 1]);
  done();
  assertEquals([ran, order.idle], [["start", "other", "later"], true]);
  order.holding("a", (end) => end());
  assertEquals(order.idle, true);
});

test("CopyOrder tells an open decision when it is the oldest, and holds its key until it is settled", () => {
  const order = new CopyOrder();
  const ran: string[] = [];
  const first = order.begin("a");
  const second = order.begin("a");
  order.inTurn("a", () => ran.push("later"));
  flushAfterAll(order, () => ran.push("flush"));
  order.whenOldest("a", second, () => ran.push("second"));
  assertEquals(ran, []);
  order.whenOldest("a", first, () => ran.push("first"));
  order.settle("a", first, null);
  assertEquals([ran, order.size], [["first", "second"], 1]);
  order.settle("a", second, null);
  assertEquals([ran, order.idle], [["first", "second", "later", "flush"], true]);
});

test("CopyOrder lets what it runs begin the same key anew", () => {
  const order = new CopyOrder();
  const ran: string[] = [];
  const first = order.begin("a");
  let again: Decision | null = null;
  order.settle("a", first, () => {
    again = order.begin("a");
    order.inTurn("a", () => ran.push("leg"));
  });
  assertEquals([ran, order.size], [[], 1]);
  order.settle("a", again!, null);
  assertEquals([ran, order.idle], [["leg"], true]);
});

interface Entry {
  readonly id: number;
  /** Null for a flush. */
  readonly key: string | null;
}

/** Every key's entries run in order; a flush after all before it, and before all after it. */
function check(entries: readonly Entry[], ran: readonly number[]): void {
  assertEquals([...ran].sort((a, b) => a - b), entries.map(({ id }) => id), "each runs once");
  const place = new Map(ran.map((id, at) => [id, at]));
  for (const [at, one] of entries.entries()) {
    for (const other of entries.slice(at + 1)) {
      const bound = one.key === null || other.key === null || one.key === other.key;
      if (bound && place.get(one.id)! > place.get(other.id)!) {
        throw new Error(`${other.id} (${other.key}) ran before ${one.id} (${one.key})`);
      }
    }
  }
}

test("CopyOrder keeps the order of random changes that are decided at random times", () => {
  forSeeds(500, (random) => {
    const order = new CopyOrder();
    const entries: Entry[] = [];
    const ran: number[] = [];
    const ends: (() => void)[] = [];
    for (let step = 0; step < 60; step++) {
      const id = entries.length;
      const key = random.pick(["a", "b", "c"]);
      const run = () => void ran.push(id);
      const kind = random.below(10);
      if (kind < 3) {
        const decision = order.begin(key);
        entries.push({ id, key });
        const inPlace = () => {
          run();
          order.settle(key, decision, null);
        };
        if (random.chance(0.5)) ends.push(() => order.settle(key, decision, run));
        else ends.push(() => order.whenOldest(key, decision, inPlace));
      } else if (kind < 5) {
        entries.push({ id, key });
        order.inTurn(key, run);
      } else if (kind === 5) {
        entries.push({ id, key });
        order.holding(key, (done) => {
          run();
          if (random.chance(0.3)) done();
          else ends.push(done);
        });
      } else if (kind === 6) {
        entries.push({ id, key: null });
        flushAfterAll(order, run);
      } else if (ends.length > 0) {
        ends.splice(random.below(ends.length), 1)[0]();
      }
    }
    while (ends.length > 0) ends.splice(random.below(ends.length), 1)[0]();
    check(entries, ran);
    assertEquals([order.idle, order.size], [true, 0]);
  });
});

test("CopyOrder tells when all that is under way has run, and lets later things pass", () => {
  const order = new CopyOrder();
  const ran: string[] = [];
  order.pastAll(() => ran.push("past nothing"));
  const a = order.begin("a");
  const b = order.begin("b");
  order.pastAll(() => ran.push("past"));
  order.inTurn("c", () => ran.push("c leg"));
  const later = order.begin("a");
  order.settle("a", a, () => ran.push("a copy"));
  assertEquals(ran, ["past nothing", "c leg", "a copy"]);
  order.settle("b", b, () => ran.push("b copy"));
  assertEquals(ran, ["past nothing", "c leg", "a copy", "b copy", "past"]);
  order.settle("a", later, null);
  assertEquals(order.idle, true);
});

test("CopyOrder is past a flush when that has run", () => {
  const order = new CopyOrder();
  const ran: string[] = [];
  let end = () => {};
  order.holdingAll((done) => end = done);
  order.pastAll(() => ran.push("past"));
  assertEquals(ran, []);
  end();
  assertEquals(ran, ["past"]);
});
