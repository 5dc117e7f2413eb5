/**
 * A server that lost a key to a replay finds nothing to touch, though its copy has it: the key
 * must not be deleted at the copy for a touch that did not get there.
 */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { RecordingSink } from "../support/recording_sink.ts";
import { CopiedChanges, DEADLINE_MS } from "./copied_changes.ts";
import { Distrust } from "./distrust.ts";

const INCR = "incr k 1\r\n";
const TOUCH = "touch k 60\r\n";
const BOTH_MODES = [false, true];
const NAMES = [["main", "backup"], ["backup", "main"]] as const;

interface Touched {
  /** The server that answers is known to lack keys, this one perhaps. */
  readonly lacks?: boolean;
  /** It missed a change of the key. */
  readonly doubted?: boolean;
  readonly answer: "TOUCHED" | "NOT_FOUND";
  /** What becomes of the touch at the other one. */
  readonly other: "unsent" | "in doubt" | "NOT_FOUND";
  readonly told: string;
  /** The other one is to lose the key. */
  readonly missed: boolean;
}

const TABLE: readonly Touched[] = [
  { lacks: true, answer: "NOT_FOUND", other: "unsent", told: "refused", missed: false },
  { lacks: true, answer: "NOT_FOUND", other: "in doubt", told: "refused in doubt", missed: true },
  { lacks: true, answer: "NOT_FOUND", other: "NOT_FOUND", told: "NOT_FOUND", missed: false },
  { lacks: true, answer: "TOUCHED", other: "unsent", told: "TOUCHED", missed: true },
  { lacks: true, answer: "TOUCHED", other: "in doubt", told: "TOUCHED", missed: true },
  { answer: "NOT_FOUND", other: "unsent", told: "NOT_FOUND", missed: true },
  { answer: "NOT_FOUND", other: "in doubt", told: "NOT_FOUND", missed: true },
  { answer: "TOUCHED", other: "unsent", told: "TOUCHED", missed: true },
  { doubted: true, answer: "TOUCHED", other: "unsent", told: "refused", missed: false },
  { doubted: true, answer: "TOUCHED", other: "in doubt", told: "refused in doubt", missed: true },
];

function told(sink: RecordingSink): string {
  assertEquals(sink.calls.length, 1);
  return sink.failure ?? sink.text.trim();
}

/** Both answer what they were asked; which of them does so first is not said by the table. */
function play(
  { lacks = false, doubted = false, answer, other }: Touched,
  [name, otherName]: typeof NAMES[number],
  { sync, answersFirst }: { sync: boolean; answersFirst: boolean },
): [told: string, missed: readonly string[]] {
  const recovery = new Distrust(doubted ? [name] : []);
  const both = new CopiedChanges({ sync, recovery });
  both[name].missesKeys = lacks || doubted;
  if (lacks) recovery.lacking.add(name);
  const sink = both.send(TOUCH);
  const order = answersFirst ? [name, otherName] : [otherName, name];
  // A main that missed the key is asked when the backup has spoken.
  if (both[order[0]].waiting.length === 0) order.reverse();
  for (const one of order) {
    if (one === name) both[one].answer(answer);
    else if (other === "NOT_FOUND") both[one].answer(other);
    else both[one].fail("refused", other === "in doubt");
  }
  return [told(sink), both.missed];
}

test("A touch is noted as missed where it was in doubt, or only the other copy did it", () => {
  for (const row of TABLE) {
    for (const names of NAMES) {
      for (const sync of BOTH_MODES) {
        for (const answersFirst of BOTH_MODES) {
          const missed = row.missed ? [`${names[1]} touch k`] : [];
          const what = JSON.stringify({ ...row, names, sync, answersFirst });
          assertEquals(play(row, names, { sync, answersFirst }), [row.told, missed], what);
        }
      }
    }
  }
});

test("A touch behind the refill of its key comes to nothing when the copy is lost before its turn", () => {
  for (const sync of BOTH_MODES) {
    const recovery = new Distrust(["main"]);
    const both = new CopiedChanges({ sync, recovery });
    both.main.missesKeys = true;
    // In its place: whatever else of the key is done at both copies in turn.
    both.send(INCR);
    const sink = both.send(TOUCH);
    // The replay has deleted the key at the main, and nobody could put it back.
    recovery.distrusted.delete("main");
    recovery.lacking.add("main");
    both.backup.usable = false;
    both.backup.fail("refused", false);
    both.main.answer("NOT_FOUND");
    assertEquals([told(sink), both.missed], ["ejected", []]);
  }
});

test("A touch is told no NOT_FOUND of a main that lacks the key, when the backup's turn is too late", () => {
  const recovery = new Distrust([]);
  const both = new CopiedChanges({ sync: true, recovery });
  both.send(INCR);
  both.main.missesKeys = true;
  recovery.lacking.add("main");
  const sink = both.send(TOUCH);
  // The increment and its fetch stay unanswered.
  both.main.waiting.splice(0, 2);
  both.main.answer("NOT_FOUND");
  both.clock.advance(DEADLINE_MS);
  assertEquals(told(sink), "recovering");
});
