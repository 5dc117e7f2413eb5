import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { BackendCounters } from "../../src/stats/backend_counters.ts";
import { Counters } from "../../src/stats/counters.ts";

/** Sets every number of an object to one; gives their names. */
function countAll(counters: object): string[] {
  const numbers = Object.entries(counters).filter(([, value]) => typeof value === "number");
  const names = numbers.map(([name]) => name);
  for (const name of names) Reflect.set(counters, name, 1);
  return names;
}

/** The names of the numbers that are not zero. */
function counted(counters: object): string[] {
  return Object.entries(counters).filter(([, value]) => value === 1).map(([name]) => name);
}

test("Counters.reset begins again, but for what is open", () => {
  const counters = new Counters(3);
  assertEquals(counted(counters), []);
  countAll(counters);
  const { commands, hits, misses, changed } = counters;
  for (const counts of [commands, hits, misses, changed]) counts.fill(1);
  counters.reset();
  assertEquals(counted(counters), ["clientsOpen"]);
  for (const counts of [commands, hits, misses, changed]) assertEquals([...counts], [0, 0, 0]);
});

test("BackendCounters.reset begins again", () => {
  const counters = new BackendCounters();
  countAll(counters);
  counters.connectionFailed("refused");
  counters.reset();
  assertEquals([counted(counters), counters.byReason.size], [[], 0]);
});
