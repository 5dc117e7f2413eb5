import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { type SummedGroup, sumStats } from "../../src/stats/stats_sums.ts";

function sum(group: SummedGroup, ...answers: Record<string, string>[]): [string, string][] {
  return [...sumStats(group, answers.map((answer) => new Map(Object.entries(answer))))];
}

/** Group, name, the values of three servers, and what they become. */
const RULES: readonly [SummedGroup, string, readonly [string, string, string], string][] = [
  ["", "curr_items", ["1", "20", "300"], "321"],
  ["", "bytes", ["9007199254740993", "9007199254740993", "1"], "18014398509481987"],
  ["", "total_items", ["18446744073709551615", "1", "0"], "18446744073709551616"],
  ["", "uptime", ["5", "100", "20"], "100"],
  ["", "hash_power_level", ["16", "20", "17"], "20"],
  ["", "accepting_conns", ["1", "0", "1"], "0"],
  ["", "libevent", ["2.1.8", "2.1.12", "2.1.8"], "2.1.8,2.1.12"],
  ["", "some_ratio", ["0.5", "0.25", "1"], "1"],
  ["", "half_text", ["1", "(null)", "1"], "1,(null)"],
  ["settings", "maxbytes", ["64", "64", "128"], "256"],
  ["settings", "num_threads", ["4", "4", "2"], "10"],
  ["settings", "maxconns", ["1024", "4096", "1024"], "4096"],
  ["settings", "growth_factor", ["1.25", "1.10", "1.25"], "1.25"],
  ["settings", "tcpport", ["11211", "11212", "11211"], "11211,11212"],
  ["settings", "evictions", ["on", "off", "on"], "on,off"],
  ["settings", "domain_socket", ["NULL", "NULL", "NULL"], "NULL"],
  ["items", "items:3:number", ["1", "2", "3"], "6"],
  ["items", "items:3:age", ["7", "70", "1"], "70"],
  ["items", "items:3:evicted_time", ["7", "70", "1"], "70"],
  ["slabs", "3:chunk_size", ["152", "152", "160"], "160"],
  ["slabs", "3:used_chunks", ["1", "2", "3"], "6"],
  ["slabs", "total_malloced", ["1048576", "0", "1048576"], "2097152"],
  ["slabs", "active_slabs", ["1", "4", "2"], "4"],
  ["sizes", "96", ["1", "2", "3"], "6"],
  ["sizes", "sizes_status", ["disabled", "enabled", "disabled"], "disabled,enabled"],
];

for (const [group, name, values, expected] of RULES) {
  test(`sumStats makes ${expected} of ${values} for "${name}" of "${group}"`, () => {
    assertEquals(sum(group, ...values.map((value) => ({ [name]: value }))), [[name, expected]]);
  });
}

test("sumStats leaves what only one server says as it is", () => {
  assertEquals(sum("", { a: "007" }, { b: "x" }), [["a", "007"], ["b", "x"]]);
});

test("sumStats merges slab classes and puts them in the order of their numbers", () => {
  const first = { "1:used_chunks": "1", "40:used_chunks": "4", total_malloced: "10" };
  const second = { "1:used_chunks": "2", "5:used_chunks": "5", total_malloced: "1" };
  assertEquals(sum("slabs", first, second), [
    ["1:used_chunks", "3"],
    ["5:used_chunks", "5"],
    ["40:used_chunks", "4"],
    ["total_malloced", "11"],
  ]);
  const items = sum("items", { "items:10:age": "1", "items:10:number": "1" }, {
    "items:2:age": "3",
  });
  assertEquals(items.map(([name]) => name), ["items:2:age", "items:10:age", "items:10:number"]);
  assertEquals(sum("sizes", { 1024: "1" }, { 96: "2" }), [["96", "2"], ["1024", "1"]]);
});

test("sumStats of nobody is nothing", () => {
  assertEquals(sum("items"), []);
});
