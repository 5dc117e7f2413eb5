import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { itemBytes } from "../../src/embedded/item.ts";
import { ItemStore } from "../../src/embedded/item_store.ts";

const START_MS = 1_800_000_000_000;
const RELATIVE_MAX_S = 30 * 24 * 60 * 60;
/** What one item of these tests takes. */
const ITEM_BYTES = itemBytes({ key: 2, flags: 0, value: 100 });

/** A store whose time stands still until it is moved. */
class TimedStore extends ItemStore {
  readonly #time: { ms: number };

  constructor(limitBytes = 64 << 20, itemsMax?: number) {
    const time = { ms: START_MS };
    super(limitBytes, () => time.ms, itemsMax);
    this.#time = time;
  }

  pass(seconds: number): void {
    this.#time.ms += 1000 * seconds;
  }

  /** Stores 100 bytes. */
  put(key: string, exptime = 0): void {
    const value = new Uint8Array(100);
    this.link(key, { value, flags: 0, expiresS: this.expiryOf(exptime), binaryKey: false });
  }

  has(key: string): boolean {
    return this.find(key) !== null;
  }
}

test("ItemStore lets the longest unused item go when bytes run out", () => {
  const store = new TimedStore(3 * ITEM_BYTES);
  for (const key of ["k1", "k2", "k3"]) store.put(key);
  store.bump(store.find("k1")!);
  store.put("k4");
  assertEquals(["k1", "k2", "k3", "k4"].map((key) => store.has(key)), [true, false, true, true]);
  assertEquals(store.counters.evictions, 1);
  assertEquals(store.bytes, 3 * ITEM_BYTES);
  assertEquals(store.size, 3);
});

test("ItemStore does not count an item as evicted whose time was over", () => {
  const store = new TimedStore(2 * ITEM_BYTES);
  store.put("k1", 10);
  store.put("k2");
  store.pass(10);
  store.put("k3");
  assertEquals([store.counters.evictions, store.counters.reclaimed], [0, 1]);
  assertEquals(["k1", "k2", "k3"].map((key) => store.has(key)), [false, true, true]);
});

test("ItemStore stays within its limit, whatever is stored", () => {
  const store = new TimedStore(10 * ITEM_BYTES);
  for (let at = 0; at < 1000; at++) store.put(`${at % 100}`.padStart(2, "0"));
  assertEquals(store.size, 10);
  assertEquals(store.bytes, 10 * ITEM_BYTES);
  assertEquals(store.counters.evictions, 990);
});

test("ItemStore holds no more items than it may, however small they are", () => {
  const store = new TimedStore(64 << 20, 3);
  for (const key of ["k1", "k2", "k3", "k3", "k4"]) store.put(key);
  assertEquals([...store.items()].map(({ key }) => key), ["k2", "k3", "k4"]);
  assertEquals(store.counters.evictions, 1);
});

test("ItemStore lets go at once what a smaller limit does not hold", () => {
  const store = new TimedStore(10 * ITEM_BYTES);
  for (let at = 0; at < 10; at++) store.put(`k${at}`);
  store.limitTo(4 * ITEM_BYTES);
  assertEquals([...store.items()].map(({ key }) => key), ["k6", "k7", "k8", "k9"]);
});

test("ItemStore takes items up to 1 MiB, and up to half its limit", () => {
  const fits = (limitBytes: number, value: number) =>
    new ItemStore(limitBytes, () => START_MS).fits({ key: 1, flags: 0, value });
  const overhead = itemBytes({ key: 1, flags: 0, value: 0 });
  assertEquals(fits(64 << 20, (1 << 20) - overhead), true);
  assertEquals(fits(64 << 20, (1 << 20) - overhead + 1), false);
  assertEquals(fits(1 << 20, (1 << 19) - overhead), true);
  assertEquals(fits(1 << 20, (1 << 19) - overhead + 1), false);
});

test("ItemStore: times are relative up to thirty days, and dates above", () => {
  const store = new TimedStore();
  const nowS = START_MS / 1000;
  store.put("a1", 5);
  store.put("a2", RELATIVE_MAX_S);
  store.put("a3", nowS + 7);
  store.put("a4", RELATIVE_MAX_S + 1);
  store.put("a5", -1);
  store.put("a6", 0);
  const alive = () => ["a1", "a2", "a3", "a4", "a5", "a6"].filter((key) => store.has(key));
  assertEquals(alive(), ["a1", "a2", "a3", "a6"]);
  store.pass(4);
  assertEquals(alive(), ["a1", "a2", "a3", "a6"]);
  store.pass(1);
  assertEquals(alive(), ["a2", "a3", "a6"]);
  store.pass(2);
  assertEquals(alive(), ["a2", "a6"]);
  store.pass(RELATIVE_MAX_S);
  assertEquals(alive(), ["a6"]);
});

test("ItemStore: what is flushed later lives until then, and what comes after that lives on", () => {
  const store = new TimedStore();
  store.put("k1");
  store.flush(10);
  store.put("k2");
  store.pass(8);
  assertEquals([store.has("k1"), store.has("k2")], [true, true]);
  store.pass(1);
  assertEquals([store.has("k1"), store.has("k2")], [false, false]);
  store.put("k3");
  store.pass(100);
  assertEquals(store.has("k3"), true);
});

test("ItemStore: a flush of now takes all, and the place of one that was to come", () => {
  const store = new TimedStore();
  store.put("k1");
  store.flush(10);
  store.flush(0);
  assertEquals([store.size, store.bytes], [0, 0]);
  store.put("k2");
  store.pass(20);
  assertEquals(store.has("k2"), true);
  assertEquals(store.counters.cmd_flush, 2);
});
