import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { History, type Operation } from "./history.ts";
import { violationsOf } from "./history_check.ts";

/** `set 1 @0-10`, `delete ! @…` for an error, `get - @…` for a miss, `add ~1 @…` for a refusal. */
function history(...steps: readonly string[]): History {
  const made = new History();
  for (const step of steps) made.add(parse(step));
  return made;
}

function parse(step: string): Operation {
  const [, kind, word, startMs, endMs] = /^(\w+) (\S+) @(\d+)-(\d+)$/.exec(step)!;
  const stores = kind === "set" || kind === "add";
  const told = word.replace(/[!~]/, "");
  return {
    kind: kind as Operation["kind"],
    key: "k",
    value: stores ? told : null,
    proxy: 0,
    startMs: Number(startMs),
    endMs: Number(endMs),
    outcome: word.endsWith("!") ? "failed" : "answered",
    answer: kind === "add" && word.startsWith("~")
      ? "NOT_STORED"
      : stores
      ? "STORED"
      : word === "-"
      ? null
      : told,
  };
}

const SOUND: readonly (readonly string[])[] = [
  ["get - @0-1", "set 1 @2-3", "get 1 @4-5", "delete x @6-7", "get - @8-9"],
  ["set 1 @0-1", "get 1 @2-9", "set 2 @3-8"],
  ["set 1 @0-1", "get 2 @2-9", "set 2 @3-8"],
  ["set 1 @0-1", "set 2! @2-3", "get 1 @4-5", "get 2 @6-7", "get 1 @8-9"],
  ["set 5 @0-1", "incr 6 @2-3", "get 6 @4-5", "incr ! @6-7", "incr 8 @8-9"],
  ["set 1 @0-1", "delete ! @2-3", "get - @4-5", "get 1 @6-7", "add 2 @8-9"],
  ["set 1 @0-1", "incr ! @2-3", "get - @4-5"],
  ["set 1 @0-1", "delete ! @2-3", "add ~2 @4-5", "get 1 @6-7"],
];

const UNSOUND: readonly (readonly [fault: string, ...steps: readonly string[]])[] = [
  ["stale", "set 1 @0-1", "set 2 @2-3", "get 1 @4-5"],
  ["stale", "set 1 @0-1", "delete x @2-3", "get 1 @4-5"],
  ["stale", "set 1 @0-1", "set 2! @2-3", "set 3 @4-5", "get 2 @6-7"],
  ["lost", "set 1 @0-1", "get - @2-3"],
  ["invented", "set 1 @0-1", "get 7 @2-3"],
  ["stale", "set 5 @0-1", "set 9 @2-3", "incr 6 @4-5"],
  ["lost", "set 1 @0-1", "add 2 @2-3"],
  ["phantom", "set 1 @0-1", "delete x @2-3", "add ~2 @4-5"],
  ["stale", "set 1 @0-1", "set 2 @2-3", "get 1 @2-5", "get 1 @4-5"],
];

test("violationsOf finds nothing in what may happen", () => {
  for (const steps of SOUND) assertEquals(violationsOf(history(...steps)), []);
});

test("violationsOf names the fault of an answer that must not be given", () => {
  for (const [fault, ...steps] of UNSOUND) {
    const found = violationsOf(history(...steps));
    assertEquals(found.map((one) => one.fault), [fault], steps.join(", "));
  }
});
