import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { TurnQueue } from "../../src/runtime/turn_queue.ts";
import { FakeTurns } from "../support/fake_turns.ts";

function clock() {
  const state = { nowMs: 0, asked: 0 };
  const now = () => {
    state.asked++;
    return state.nowMs;
  };
  return { state, turns: new FakeTurns(now) };
}

test("TurnQueue flushes everything that was added, once, in order, at the end of the turn", () => {
  const { turns } = clock();
  const log: string[] = [];
  for (const name of ["a", "b", "c"]) turns.queue.add({ flush: () => log.push(name) });
  assertEquals([log, turns.asked], [[], 1]);
  turns.end();
  assertEquals(log, ["a", "b", "c"]);
  turns.end();
  assertEquals(log, ["a", "b", "c"]);
});

test("TurnQueue flushes in a turn of its own what a flush adds", () => {
  const callbacks: (() => void)[] = [];
  const queue = new TurnQueue((callback) => void callbacks.push(callback), () => 0);
  const log: string[] = [];
  const late = { flush: () => log.push("late") };
  queue.add({
    flush: () => {
      log.push("first");
      queue.add(late);
      queue.add(late);
    },
  });
  callbacks.shift()!();
  assertEquals([log, callbacks.length], [["first"], 1]);
  callbacks.shift()!();
  assertEquals([log, callbacks.length], [["first", "late", "late"], 0]);
});

test("TurnQueue keeps its batches apart over many turns", () => {
  const { turns } = clock();
  let flushed = 0;
  for (let turn = 1; turn <= 20; turn++) {
    for (let count = 0; count < turn; count++) turns.queue.add({ flush: () => flushed++ });
    turns.end();
    assertEquals(flushed, turn * (turn + 1) / 2);
  }
});

test("TurnQueue reads the clock once per turn", () => {
  const { state, turns } = clock();
  assertEquals([turns.queue.now(), turns.queue.now()], [0, 0]);
  state.nowMs = 7;
  assertEquals([turns.queue.now(), state.asked], [0, 1]);
  turns.end();
  assertEquals([turns.queue.now(), turns.queue.now(), state.asked], [7, 7, 2]);
});
