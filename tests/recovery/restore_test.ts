import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { DumpEnd } from "../../src/recovery/dump_reader.ts";
import { Repairs } from "../../src/recovery/repairs.ts";
import { Restore, type RestoreEnd, type RestoreOptions } from "../../src/recovery/restore.ts";
import { progressText } from "../../src/recovery/restore_progress.ts";
import type { DumpPace, RestoreSource } from "../../src/recovery/restore_source.ts";
import type { Copies, Destination } from "../../src/route/route.ts";
import { LatencyHistogram } from "../../src/stats/latency_histogram.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { toBytes } from "../support/latin1.ts";

/** A source that the test plays: classes of keys, and how each reading ends. */
class FakeSource implements RestoreSource {
  readonly name = "copy:1";
  readonly latency = new LatencyHistogram();
  ready = true;
  reads = 0;
  readonly #classes: readonly (readonly string[])[];
  readonly #ends: DumpEnd[];

  constructor(classes: readonly (readonly string[])[], ends: DumpEnd[] = []) {
    this.#classes = classes;
    this.#ends = ends;
  }

  async read(each: Parameters<RestoreSource["read"]>[0], pace: DumpPace): Promise<DumpEnd> {
    this.reads++;
    pace.expect(this.#classes.reduce((sum, keys) => sum + keys.length, 0));
    for (const keys of this.#classes) {
      for (const key of keys) {
        const itemBytes = key.startsWith("large") ? 1e5 : key.startsWith("middle") ? 5000 : 70;
        each({ bytes: toBytes(key), keyStart: 0, keyEnd: key.length, lastUse: 0, itemBytes });
      }
      if (!await pace.workedOff()) return "lost";
    }
    return this.#ends.shift() ?? "complete";
  }
}

/** How long a restore looks at the event loop before it begins, ms. */
const CALM_MS = 100;

/** A restore whose repairs end when the test says so. */
class Stage {
  readonly clock = new FakeClock();
  readonly repaired: string[] = [];
  readonly reports: string[] = [];
  readonly abort = new AbortController();
  readonly restore: Restore;
  readonly main = { usable: true };
  evictions: number | null = null;
  end: RestoreEnd | null = null;
  readonly #open: (() => void)[] = [];
  #auto = true;
  #calmMs = CALM_MS;

  constructor(sources: readonly RestoreSource[], options: Partial<RestoreOptions> = {}) {
    const repairs = new Repairs({ unixTime: () => 0, mayAnswer: () => true, lacks: () => {} });
    repairs.repair = (key, _copies, then) => {
      this.repaired.push(key.keyText());
      if (this.#auto) then("known");
      else this.#open.push(() => then("known"));
    };
    const copies = { main: this.main, backup: {} } as unknown as Copies;
    this.restore = new Restore({
      repairs,
      clock: this.clock,
      unixTime: () => 0,
      keysPerSecond: 1000,
      spoolBytes: 1000,
      sources,
      latency: new LatencyHistogram(),
      evictions: () => Promise.resolve(this.evictions),
      owns: (key) => !key.keyText().startsWith("other"),
      copiesOf: () => copies,
      report: (progress) => this.reports.push(progressText(progress)),
      signal: this.abort.signal,
      ...options,
    });
    void this.restore.run().then((end) => this.end = end);
  }

  /** Repairs stay under way until `finish`. */
  hold(): void {
    this.#auto = false;
  }

  finish(): void {
    for (const then of this.#open.splice(0)) then();
  }

  async pass(ms: number): Promise<void> {
    const all = ms + this.#calmMs;
    this.#calmMs = 0;
    for (let left = all; left > 0; left -= 10) {
      this.clock.advance(Math.min(10, left));
      // Nothing here needs more than microtasks.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  }
}

function keys(count: number, prefix = "k"): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at}`);
}

test("Restore repairs the keys of its server and no others, and ends without a timer", async () => {
  const stage = new Stage([new FakeSource([["k1", "other", "k2"]])]);
  await stage.pass(100);
  assertEquals(stage.repaired, ["k1", "k2"]);
  assertEquals([stage.end, stage.clock.pending], ["complete", 0]);
});

test("Restore works one class off before it reads the next", async () => {
  const classes = [keys(20, "a"), keys(20, "b"), keys(20, "c")];
  // Room for one class of names only.
  const stage = new Stage([new FakeSource(classes)], { spoolBytes: 80 });
  await stage.pass(200);
  assertEquals(stage.repaired, classes.flat());
  assertEquals([stage.end, stage.restore.progress.left], ["complete", 0]);
});

test("Restore reads a source in rounds when its spool has no room for all keys", async () => {
  const source = new FakeSource([[...keys(90), ...keys(90, "other")]]);
  const stage = new Stage([source], { spoolBytes: 120, keysPerSecond: 1e6 });
  await stage.pass(1000);
  assertEquals(new Set(stage.repaired), new Set(keys(90)));
  assertEquals([source.reads, stage.end, stage.restore.progress.left], [7, "complete", 0]);
});

test("Restore counts what its spool has no room for in any round", async () => {
  const alike = Array.from({ length: 30 }, () => "same");
  const stage = new Stage([new FakeSource([alike])], { spoolBytes: 50, keysPerSecond: 1e6 });
  await stage.pass(1000);
  assertEquals([stage.restore.progress.left, stage.end], [20, "partial"]);
});

test("Restore keeps to its rate, waits while it is held, and tells how far it is", async () => {
  const names = [...keys(300), ...keys(300, "other")];
  const stage = new Stage([new FakeSource([names])], { keysPerSecond: 20, spoolBytes: 9999 });
  await stage.pass(10_000);
  const { done, keys: all, rate, etaSeconds } = stage.restore.progress;
  assertEquals([all, rate, done >= 199 && done <= 201], [300, 20, true]);
  assertEquals(etaSeconds !== null && Math.abs(etaSeconds - 5) <= 1, true);
  assertEquals(stage.reports.length, 1);
  stage.restore.pace.held = true;
  await stage.pass(30_000);
  assertEquals(stage.restore.progress.done, done);
  assertEquals(stage.reports.at(-1), `${done} of 300 keys, paused: operator`);
  stage.restore.pace.held = false;
  await stage.pass(6000);
  assertEquals([stage.end, stage.repaired.length], ["complete", 300]);
});

test("Restore has no more repairs under way than its window", async () => {
  const stage = new Stage([new FakeSource([keys(800)])], {
    keysPerSecond: 1e6,
    spoolBytes: 1 << 20,
  });
  stage.hold();
  await stage.pass(100);
  assertEquals(stage.repaired.length, 512);
  stage.finish();
  await stage.pass(100);
  assertEquals([stage.repaired.length, stage.end], [800, null]);
  stage.finish();
  await stage.pass(100);
  assertEquals(stage.end, "complete");
});

test("Restore waits for a source that is away, and reads one again that was lost", async () => {
  const source = new FakeSource([["k"]], ["lost"]);
  source.ready = false;
  const stage = new Stage([source]);
  await stage.pass(5000);
  assertEquals([source.reads, stage.restore.progress.waitsFor], [0, "copy:1"]);
  source.ready = true;
  await stage.pass(2000);
  assertEquals([source.reads, stage.end], [1, null]);
  await stage.pass(2000);
  assertEquals([source.reads, stage.end, stage.repaired.length], [2, "complete", 2]);
});

test("Restore ends when a source refuses, when its server is lost, when it is cancelled", async () => {
  const refused = new Stage([new FakeSource([["k"]], ["refused"])]);
  await refused.pass(100);
  assertEquals(refused.end, "partial");
  const lost = new Stage([new FakeSource([keys(9)])]);
  lost.main.usable = false;
  await lost.pass(100);
  assertEquals([lost.end, lost.repaired.length], ["failed", 1]);
  for (const end of ["cancel", "abort"]) {
    const stage = new Stage([new FakeSource([keys(9)])], { keysPerSecond: 1 });
    await stage.pass(1000);
    if (end === "cancel") stage.restore.cancel();
    else stage.abort.abort();
    await stage.pass(100);
    assertEquals([stage.end, stage.clock.pending], ["cancelled", 0]);
  }
});

test("Restore ends when its server is full", async () => {
  const stage = new Stage([new FakeSource([keys(900)])], { keysPerSecond: 10, spoolBytes: 9999 });
  for (let second = 0; second < 32; second++) {
    stage.evictions = second;
    await stage.pass(1000);
  }
  assertEquals(stage.end, "full");
});

test("Restore asks for the two servers of a key when its turn comes", async () => {
  const source = new FakeSource([["a", "b", "other"]]);
  const away: Destination = new Proxy({} as Destination, { get: () => true });
  const asked: string[] = [];
  const stage = new Stage([source], {
    copiesOf: (key) => {
      asked.push(key.keyText());
      // The copy of one has missed a change of it meanwhile.
      return asked.length === 1 ? null : { main: away, backup: away };
    },
  });
  await stage.pass(100);
  assertEquals([asked, stage.repaired, stage.end], [["a", "b"], ["b"], "complete"]);
});

test("Restore puts larger values back fewer at a time, and does not wait for them", async () => {
  const names = [...keys(600), ...keys(70, "middle"), ...keys(6, "large")];
  const options = { keysPerSecond: 1e6, spoolBytes: 1 << 20 };
  const stage = new Stage([new FakeSource([names])], options);
  stage.hold();
  await stage.pass(100);
  const first = [...keys(4, "large"), ...keys(64, "middle"), ...keys(512)];
  assertEquals(stage.repaired.splice(0), first);
  stage.finish();
  await stage.pass(100);
  const rest = ["large4", "large5", ...names.slice(664, 670), ...names.slice(512, 600)];
  assertEquals(stage.repaired, rest);
  stage.finish();
  await stage.pass(100);
  assertEquals([stage.end, stage.restore.progress.done], ["complete", 676]);
});

test("Restore does not begin before it knows how late the event loop is without it", async () => {
  const source = new FakeSource([["k"]]);
  const stage = new Stage([source]);
  await stage.pass(-10);
  assertEquals(source.reads, 0);
  await stage.pass(10);
  assertEquals(source.reads, 1);
  const cancelled = new Stage([source]);
  cancelled.restore.cancel();
  await cancelled.pass(0);
  assertEquals([source.reads, cancelled.end], [1, "cancelled"]);
});
