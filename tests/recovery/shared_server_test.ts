import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import type { SharedServer } from "../../src/recovery/shared_server.ts";
import { SharedServers } from "../../src/recovery/shared_servers.ts";

const COUNTS = { servers: 2, workers: 3 };
const KEYS = 10_000;

/** What each worker sees of the memory. */
function views(): SharedServers[] {
  const memory = SharedServers.memory(COUNTS);
  return [0, 1, 2].map((worker) => new SharedServers(memory, COUNTS, worker));
}

/** What each worker sees of the first server. */
function servers(): SharedServer[] {
  return views().map((view) => view.server(0));
}

test("SharedServer tells the others of a missed key at once, and not oneself", () => {
  const [one, two, three] = servers();
  one.note("k");
  assertEquals([one.misses("k"), two.misses("k"), three.misses("k")], [false, true, true]);
  assertEquals([one.troubled, two.troubled, three.troubled], [false, true, true]);
  assertEquals(two.misses("other"), false);
});

test("SharedServer forgets what one worker noted and keeps what another did", () => {
  const [one, two, three] = servers();
  one.note("a");
  two.note("b");
  one.missesNothing();
  one.missesNothing();
  assertEquals([three.misses("a"), three.misses("b")], [false, true]);
  assertEquals([one.troubled, two.troubled], [true, false]);
  two.missesNothing();
  assertEquals(three.troubled, false);
});

test("SharedServer tells that everything was missed", () => {
  const [one, two] = servers();
  one.note(null);
  assertEquals(two.misses("any"), true);
  one.missesNothing();
  assertEquals(two.misses("any"), false);
});

test("SharedServer tells that a worker restores the server, whatever becomes of keys", () => {
  const [one, two] = servers();
  one.entered("restoring");
  one.note("k");
  one.missesNothing();
  assertEquals([one.lacks, two.lacks, two.troubled], [false, true, true]);
  one.entered("serving");
  assertEquals([two.lacks, two.troubled], [false, false]);
});

test("SharedServer knows the servers apart", () => {
  const [one, two] = views();
  one.server(0).note(null);
  one.server(0).entered("restoring");
  one.server(0).marks();
  assert(one.server(0).takeTurn());
  const other = two.server(1);
  assertEquals([other.misses("k"), other.lacks, other.troubled], [false, false, false]);
  assertEquals([other.marked, other.takeTurn()], [false, true]);
});

test("SharedServer finds every missed key among many, and few others", () => {
  const [one, two] = servers();
  for (let i = 0; i < KEYS; i++) one.note(`missed:${i}`);
  let wrong = 0;
  for (let i = 0; i < KEYS; i++) {
    assert(two.misses(`missed:${i}`), `missed:${i}`);
    if (two.misses(`other:${i}`)) wrong++;
  }
  // Two bits each of a million: one in 2,800 of the others is taken for a missed one.
  assert(wrong < KEYS / 500, `${wrong} of ${KEYS}`);
});

test("SharedServer gives the turn to one worker, until it ends or is ended for it", () => {
  const [one, two] = views();
  const [mine, yours] = [one.server(0), two.server(0)];
  assertEquals([mine.takeTurn(), mine.takeTurn(), yours.takeTurn()], [true, true, false]);
  yours.endTurn();
  assertEquals(yours.takeTurn(), false);
  mine.endTurn();
  assertEquals([yours.takeTurn(), mine.takeTurn()], [true, false]);
  two.workerEnded();
  assertEquals(mine.takeTurn(), true);
});

test("SharedServer tells a successor how bad it was what is lost", () => {
  const memory = SharedServers.memory(COUNTS);
  const first = new SharedServers(memory, COUNTS, 1).server(0);
  const inherited = () => new SharedServers(memory, COUNTS, 1).server(0).inherited;
  assertEquals(inherited(), null);
  first.note("k");
  assertEquals(inherited(), "missed");
  assertEquals(new SharedServers(memory, COUNTS, 2).server(0).inherited, null);
  first.noted("lacking");
  assertEquals(inherited(), "lacking");
  first.noted("missed");
  assertEquals(inherited(), "missed");
  first.missesNothing();
  assertEquals(inherited(), null);
  first.entered("restoring");
  assertEquals(inherited(), "lacking");
});

test("SharedServer keeps telling of keys that were deleted and not put back yet", () => {
  const [one, two] = servers();
  one.note("k");
  one.note(null);
  one.noted("lacking");
  assertEquals([two.misses("k"), two.misses("other"), two.troubled], [true, false, true]);
  one.missesNothing();
  assertEquals([two.misses("k"), two.troubled], [false, false]);
});

test("SharedServer tells all that one of them has marked the server", () => {
  const [one, two] = servers();
  assertEquals(two.marked, false);
  one.marks();
  assertEquals([one.marked, two.marked], [true, true]);
});

test("SharedServer takes markers for older than the worker that takes the place of another", () => {
  const [one, two] = views();
  one.server(0).marks();
  two.workerEnded();
  assertEquals([one.server(0).marked, two.server(0).marked], [false, false]);
});
