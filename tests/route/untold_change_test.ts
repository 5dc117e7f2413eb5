/**
 * A server that misses a key may still get what was sent there before, and others read it until
 * they know: whatever it confirms meanwhile, the client is told only then.
 */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { FakeDestination } from "../support/fake_destination.ts";
import { CopiedChanges } from "./copied_changes.ts";
import { Distrust } from "./distrust.ts";

const SET = "set k 0 0 1\r\nv\r\n";
const BOTH_MODES = [false, true];

/** A server misses the key, which nobody else knows yet. */
function farm(name: "main" | "backup", sync: boolean): CopiedChanges {
  const both = new CopiedChanges({ sync, recovery: new Distrust([name]) });
  both[name].missesKeys = true;
  both.untold.add(name);
  return both;
}

function answerAll(servers: readonly FakeDestination[], line: string): void {
  while (servers.some(({ waiting }) => waiting.length > 0)) {
    for (const one of servers) if (one.waiting.length > 0) one.answer(line);
  }
}

/** How often others are waited for, of which servers; and then the client has its answer. */
function waitedFor(both: CopiedChanges, sent: string, line: string): string[] {
  const sink = both.send(sent);
  answerAll([both.backup, both.main], line);
  assertEquals(sink.answered, both.waiting.length === 0, sent);
  const names = both.waiting.map(([name]) => name);
  for (const [, then] of both.waiting.splice(0)) then();
  assertEquals(sink.text, `${line}\r\n`);
  return names;
}

test("A change that a main confirms which missed an earlier one is told when others know of that", () => {
  for (const sync of BOTH_MODES) {
    assertEquals(waitedFor(farm("main", sync), SET, "STORED"), ["main"]);
    assertEquals(waitedFor(farm("main", sync), "delete k\r\n", "NOT_FOUND"), ["main"]);
    assertEquals(waitedFor(farm("main", sync), "touch k 9\r\n", "TOUCHED"), ["main"]);
  }
});

test("A change that a backup confirms which missed an earlier one: sync alone waits for others", () => {
  assertEquals(waitedFor(farm("backup", true), SET, "STORED"), ["backup"]);
  // Others, too, ask the main first.
  assertEquals(waitedFor(farm("backup", false), SET, "STORED"), []);
});

test("A result whose copy a backup confirms which missed an earlier one: sync alone waits", () => {
  const add = "add k 0 0 1\r\nv\r\n";
  assertEquals(waitedFor(farm("backup", true), add, "STORED"), ["backup"]);
  assertEquals(waitedFor(farm("backup", false), add, "STORED"), []);
});

test("A flush_all that a server confirms which missed a change is told when others know of that", () => {
  for (const sync of BOTH_MODES) {
    const both = farm("main", sync);
    assertEquals(waitedFor(both, "flush_all\r\n", "OK"), ["main"]);
  }
});

test("A failure is told at once, and so is what servers confirm that missed other keys", () => {
  const failed = farm("main", true);
  const sink = failed.send(SET);
  failed.backup.fail("request timeout");
  failed.main.answer("STORED");
  assertEquals([sink.failure, failed.waiting.length], ["request timeout in doubt", 0]);

  const others = new CopiedChanges({ sync: true, recovery: new Distrust([]) });
  others.main.missesKeys = true;
  others.untold.add("main");
  assertEquals(waitedFor(others, SET, "STORED"), []);
});
