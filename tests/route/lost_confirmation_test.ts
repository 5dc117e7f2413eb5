/**
 * What a server confirmed before its connection was lost may be gone: another process may be
 * there by now, and hold what others found on the copy. It counts only together with the copy.
 */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { hitOf } from "../support/fake_destination.ts";
import type { RecordingSink } from "../support/recording_sink.ts";
import { CopiedChanges, DEADLINE_MS } from "./copied_changes.ts";
import { Distrust } from "./distrust.ts";

const SET = "set k 0 0 1\r\nv\r\n";
const ADD = "add k 0 0 1\r\nv\r\n";
const INCR = "incr k 1\r\n";
const UNCONDITIONAL = [
  [SET, "STORED"],
  ["delete k\r\n", "DELETED"],
  ["touch k 60\r\n", "TOUCHED"],
] as const;
const BOTH_MODES = [false, true];

/** Two servers in order. */
function farm(sync: boolean): CopiedChanges {
  return new CopiedChanges({ sync, recovery: new Distrust([]) });
}

function told(sink: RecordingSink): string {
  assertEquals(sink.calls.length, 1);
  return sink.failure ?? sink.text.trim();
}

test("A main that was lost since it confirmed does not stand alone, sync", () => {
  for (const lost of [true, false]) {
    for (const [sent, confirmed] of UNCONDITIONAL) {
      const both = farm(true);
      const sink = both.send(sent);
      both.main.answer(confirmed);
      if (lost) both.main.epoch++;
      both.backup.fail("request timeout");
      assertEquals(told(sink), lost ? "request timeout in doubt" : confirmed);
      assertEquals(both.missed, [`backup ${sent.split(" ", 1)[0]} k`]);
    }
  }
});

test("A backup that was lost since it confirmed does not stand alone", () => {
  for (const sync of BOTH_MODES) {
    for (const lost of [true, false]) {
      for (const [sent, confirmed] of UNCONDITIONAL) {
        const both = farm(sync);
        const sink = both.send(sent);
        both.backup.answer(confirmed);
        if (lost) both.backup.epoch++;
        both.main.fail("request timeout");
        assertEquals(told(sink), lost ? "request timeout in doubt" : confirmed);
      }
    }
  }
});

test("A server that was lost since it confirmed counts together with the other one", () => {
  for (const [first, second] of [["main", "backup"], ["backup", "main"]] as const) {
    const both = farm(true);
    const sink = both.send(SET);
    both[first].answer("STORED");
    both[first].epoch++;
    both[second].answer("STORED");
    assertEquals([told(sink), both.missed], ["STORED", []]);
  }
});

test("A main that was lost before it was asked is believed", () => {
  const both = farm(true);
  both.main.epoch++;
  const sink = both.send(SET);
  both.main.answer("STORED");
  both.backup.fail("request timeout");
  assertEquals(told(sink), "STORED");
});

test("DecidedChange, sync, does not believe a main alone that was lost since it was asked", () => {
  for (const lost of [true, false]) {
    const both = farm(true);
    const sink = both.send(INCR);
    both.main.answer("5");
    both.main.answerWith(hitOf("5"));
    if (lost) both.main.epoch++;
    both.backup.fail("request timeout");
    assertEquals(told(sink), lost ? "recovering" : "5");
  }
});

test("DecidedChange, sync, believes a main that was lost together with its copy", () => {
  const both = farm(true);
  const sink = both.send(INCR);
  both.main.answer("5");
  both.main.answerWith(hitOf("5"));
  both.main.epoch++;
  both.backup.answer("STORED");
  assertEquals(told(sink), "5");
});

test("A main that was lost does not stand alone either when the backup's turn is too late", () => {
  for (const lost of [true, false]) {
    const both = farm(true);
    const first = both.send(INCR);
    const second = both.send(SET);
    both.main.answer("5");
    both.main.answerWith(hitOf("5"));
    both.main.answer("STORED");
    if (lost) both.main.epoch++;
    both.clock.advance(DEADLINE_MS);
    assertEquals(
      [told(first), told(second)],
      lost ? ["recovering", "recovering"] : ["5", "STORED"],
    );
    while (both.backup.waiting.length > 0) both.backup.answer("STORED");
    assertEquals([first.calls.length, second.calls.length, both.clock.pending], [1, 1, 0]);
  }
});

test("A change is not told when its only server was lost while others were waited for", () => {
  for (const lost of [true, false]) {
    const both = farm(true);
    both.untold.add("backup");
    const sink = both.send(SET);
    both.backup.fail("request timeout");
    both.main.answer("STORED");
    assertEquals(sink.answered, false);
    if (lost) both.main.epoch++;
    for (const [, then] of both.waiting) then();
    assertEquals(told(sink), lost ? "recovering" : "STORED");
  }
});

test("A result that a backup decided is told when it was not lost, or the main has its copy", () => {
  for (
    const [lost, copied, answer] of [
      [true, false, "recovering"],
      [true, true, "STORED"],
      [false, false, "STORED"],
    ] as const
  ) {
    const both = new CopiedChanges({ sync: true, recovery: new Distrust(["main"]) });
    const sink = both.send(ADD);
    both.backup.answer("STORED");
    if (lost) both.backup.epoch++;
    if (copied) both.main.answer("STORED");
    else both.main.fail("request timeout");
    assertEquals(told(sink), answer);
  }
});

test("A change that a backup alone decided has failed when it was lost before others knew", () => {
  for (const lost of [true, false]) {
    const both = farm(false);
    both.untold.add("main");
    both.main.usable = false;
    const sink = both.send(ADD);
    both.backup.answer("STORED");
    assertEquals(sink.answered, false);
    if (lost) both.backup.epoch++;
    for (const [, then] of both.waiting) then();
    assertEquals(told(sink), lost ? "recovering" : "STORED");
  }
});
