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
  const queue = new TurnQueue({
    endOfTurn: (callback) => void callbacks.push(callback),
    now: () => 0,
  });
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

/** A queue that can be told of the end of its turn and of its event. */
class EventTurns {
  readonly #ends: (() => void)[] = [];
  #text = "";
  readonly #queue = new TurnQueue({
    endOfTurn: (callback) => this.#asked("t", callback),
    endOfEvent: (callback) => this.#asked("e", callback),
    now: () => 0,
  });

  /** What was waited for, with so many flushes at a time. */
  endings(sizes: readonly number[]): string {
    this.#text = "";
    let flushed = 0;
    for (const size of sizes) {
      for (let count = 0; count < size; count++) this.#queue.add({ flush: () => flushed++ });
      for (const end of this.#ends.splice(0)) end();
    }
    assertEquals(flushed, sizes.reduce((sum, size) => sum + size, 0));
    return this.#text;
  }

  #asked(what: string, callback: () => void): void {
    this.#text += what;
    this.#ends.push(callback);
  }
}

test("TurnQueue flushes who is alone at the end of its event, and looks for others now and then", () => {
  const alone = new EventTurns().endings(new Array(16 + 24).fill(1));
  assertEquals(alone, "t".repeat(16) + "eeeeeeet".repeat(3));
});

test("TurnQueue waits for the end of the turn again once two were in it", () => {
  const turns = new EventTurns();
  turns.endings(new Array(16).fill(1));
  assertEquals(turns.endings([1, 1, 2, 1, 1]), "eeett");
  assertEquals(turns.endings(new Array(14).fill(1)), "t".repeat(14));
  assertEquals(turns.endings([1]), "e");
});

test("TurnQueue waits for the end of every turn while two are in each", () => {
  assertEquals(new EventTurns().endings(new Array(100).fill(2)), "t".repeat(100));
});
