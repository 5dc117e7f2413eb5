import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { SharedServers } from "../../src/recovery/shared_servers.ts";

const COUNTS = { servers: 1, workers: 3 };

function rounds() {
  const memory = SharedServers.memory(COUNTS);
  return [0, 1, 2].map((worker) => new SharedServers(memory, COUNTS, worker).rounds());
}

test("SharedRounds is confirmed when the last worker has confirmed it", () => {
  const [one, two, three] = rounds();
  const round = one.ask();
  assertEquals([two.newest, two.own, one.missing(round)], [round, 0, [1, 2, 3]]);
  one.confirm(round);
  three.confirm(round);
  assertEquals([one.missing(round), two.missing(round)], [[2], [2]]);
  two.confirm(two.newest);
  assertEquals(three.missing(round), []);
});

test("SharedRounds confirms all rounds with the newest, and none that is asked for later", () => {
  const [one, two, three] = rounds();
  const first = one.ask();
  const second = two.ask();
  for (const worker of [one, two, three]) worker.confirm(second);
  assertEquals([one.missing(first), two.missing(second)], [[], []]);
  assertEquals(one.missing(one.ask()), [1, 2, 3]);
});

test("SharedRounds has words that no server's are", () => {
  const memory = SharedServers.memory(COUNTS);
  const view = new SharedServers(memory, COUNTS, 2);
  view.rounds().confirm(view.rounds().ask());
  const server = new SharedServers(memory, COUNTS, 0).server(0);
  assertEquals([server.troubled, server.marked, server.lacks], [false, false, false]);
  server.note(null);
  server.marks();
  assertEquals([view.rounds().newest, view.rounds().own], [1, 1]);
});
