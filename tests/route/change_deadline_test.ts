/** One deadline covers all attempts of a change, and its wait for a turn at the backup. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { hitOf } from "../support/fake_destination.ts";
import type { RecordingSink } from "../support/recording_sink.ts";
import { CopiedChanges, DEADLINE_MS } from "./copied_changes.ts";

const INCR = "incr k 1\r\n";
const SET = "set k 0 0 1\r\nv\r\n";
const GAT = "gat 10 k\r\n";
const LEASE = "mg k v N30\r\n";
/** When the main speaks in these tests, at last. */
const LATE_MS = 1000;

/** The backup is silent: nothing is told before the deadline, and afterwards once. */
function assertExpires(both: CopiedChanges, sink: RecordingSink, expected: string): void {
  both.clock.advance(DEADLINE_MS - LATE_MS - 1);
  assertEquals(sink.answered, false);
  both.clock.advance(1);
  assertEquals(sink.failure ?? sink.text, expected);
  while (both.backup.waiting.length > 0) both.backup.answer("NOT_FOUND");
  assertEquals([sink.calls.length, both.route.keysInFlight, both.clock.pending], [1, 0, 0]);
}

test("A change that the backup decides in the main's place has the rest of the time", () => {
  for (const [sent, inDoubt] of [[INCR, false], [GAT, true]] as const) {
    const both = new CopiedChanges();
    const sink = both.send(sent);
    both.clock.advance(LATE_MS);
    both.main.fail("connect timeout", inDoubt);
    assertEquals(both.backup.received, [sent]);
    assertExpires(both, sink, `connect timeout${inDoubt ? " in doubt" : ""}`);
  }
});

test("A change that the backup decides in time is answered once", () => {
  const both = new CopiedChanges();
  const sink = both.send(GAT);
  both.clock.advance(LATE_MS);
  both.main.fail();
  both.backup.answerWith(hitOf("v"));
  both.clock.advance(DEADLINE_MS);
  assertEquals([sink.calls, both.clock.pending], [["Hit"], 0]);
});

test("A change is not tried again when its time is over", () => {
  const both = new CopiedChanges();
  const sink = both.send(INCR);
  both.clock.advance(DEADLINE_MS);
  both.main.fail("connect timeout", false);
  assertEquals([sink.failure, both.backup.received], ["connect timeout", []]);
  assertEquals(both.missed, ["main incr k"]);
});

test("With sync, the copy has the rest of the time, and then the main's answer stands", () => {
  const both = new CopiedChanges({ sync: true });
  const sink = both.send(INCR);
  both.clock.advance(LATE_MS);
  both.main.answer("2");
  both.main.answerWith(hitOf("2"));
  assertEquals(both.backup.received.length, 1);
  assertExpires(both, sink, "2\r\n");
});

test("With sync, a change behind another has the same, and no more", () => {
  const both = new CopiedChanges({ sync: true });
  both.send(INCR);
  const sink = both.send(SET);
  both.clock.advance(LATE_MS);
  both.main.answer("2");
  both.main.answerWith(hitOf("2"));
  both.main.answer("STORED");
  assertEquals(both.backup.received.length, 2);
  assertExpires(both, sink, "STORED\r\n");
});

test("A change behind another has the rest of the time at the backup when the main fails", () => {
  const both = new CopiedChanges();
  both.send(INCR);
  const sink = both.send(SET);
  both.clock.advance(LATE_MS);
  for (let leg = 0; leg < 3; leg++) both.main.fail("request timeout");
  assertEquals(both.backup.received, [SET]);
  assertExpires(both, sink, "request timeout in doubt");
});

test("A change that waits for its turn while the main is out of service has a deadline too", () => {
  const both = new CopiedChanges();
  both.send(INCR);
  both.main.usable = false;
  const sink = both.send(INCR);
  both.clock.advance(LATE_MS);
  for (let leg = 0; leg < 2; leg++) both.main.fail("request timeout");
  assertEquals(both.backup.received, [INCR]);
  assertExpires(both, sink, "request timeout in doubt");
});

test("With sync, a lease is answered although nothing of it is copied", () => {
  const both = new CopiedChanges({ sync: true });
  const sink = both.send(LEASE);
  both.main.answerWith(hitOf("v"));
  assertEquals([sink.status, both.backup.received], ["Hit", []]);
  assertEquals(both.clock.pending, 0);
});
