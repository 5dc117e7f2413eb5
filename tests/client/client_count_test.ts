import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { ClientCount } from "../../src/client/client_count.ts";

function counts(workers: number, max: number): ClientCount[] {
  const memory = ClientCount.memory(workers);
  return Array.from({ length: workers }, (_, worker) => new ClientCount(memory, { worker, max }));
}

test("ClientCount has one limit for all workers", () => {
  const [one, two] = counts(2, 3);
  assertEquals([one.enter(), two.enter(), one.enter(), two.enter()], [true, true, true, false]);
  one.leave();
  assertEquals([two.enter(), one.enter()], [true, false]);
});

test("ClientCount takes off whom a worker left behind, and no other's", () => {
  const [one, two] = counts(2, 3);
  one.enter();
  one.enter();
  two.enter();
  one.forgetOwn();
  assertEquals([two.enter(), two.enter(), two.enter()], [true, true, false]);
});

test("ClientCount takes nobody off twice", () => {
  const [one, two] = counts(2, 1);
  one.enter();
  one.forgetOwn();
  one.leave();
  assertEquals([two.enter(), two.enter()], [true, false]);
});

test("ClientCount works without other workers", () => {
  const count = ClientCount.alone(1);
  assertEquals([count.enter(), count.enter()], [true, false]);
  count.leave();
  assertEquals(count.enter(), true);
});
