/**
 * A relative change that the main made, and whose result was lost with the connection: with sync,
 * a backup that holds what the main held makes the same change, and a read of it is neither old
 * nor a miss.
 */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { hitOf } from "../support/fake_destination.ts";
import { CopiedChanges } from "./copied_changes.ts";
import { Distrust } from "./distrust.ts";

const DELETE = "delete k\r\n";
const SET = "set k 0 0 1\r\nv\r\n";
const APPEND = "append k 0 0 1\r\nX\r\n";
const RELATIVE = [
  [APPEND, "STORED"],
  ["prepend k 0 0 1\r\nX\r\n", "STORED"],
  ["incr k 1\r\n", "12"],
  ["decr k 1\r\n", "9  "],
] as const;

/** Two copies, and a main that made this change and then lost its connection. */
function lost(
  { sent, answer = "STORED", sync = true, recovery = new Distrust([]) }: {
    sent: string;
    answer?: string;
    sync?: boolean;
    recovery?: Distrust;
  },
) {
  const both = new CopiedChanges({ sync, recovery });
  const sink = both.send(sent);
  both.main.answer(answer);
  both.main.fail("connection lost");
  return { both, sink };
}

test("A change whose result was lost is made at the backup as well", () => {
  for (const [sent, answer] of RELATIVE) {
    const { both, sink } = lost({ sent, answer });
    assertEquals([sink.answered, both.backup.received], [false, [sent]]);
    both.backup.answer(answer);
    assertEquals([sink.text, both.missed, both.route.keysInFlight], [`${answer}\r\n`, [], 0]);
  }
});

test("A change that is made at the backup as well has its place there", () => {
  const both = new CopiedChanges({ sync: true, recovery: new Distrust([]) });
  both.send(SET);
  both.send(APPEND);
  both.send("set k 0 0 1\r\nw\r\n");
  for (const line of ["STORED", "STORED"]) both.main.answer(line);
  assertEquals(both.backup.received, [SET]);
  both.main.fail("connection lost");
  assertEquals(both.backup.received, [SET, APPEND, "set k 0 0 1\r\nw\r\n"]);
});

test("A backup that does not answer misses a change that it was to make as well", () => {
  const { both, sink } = lost({ sent: APPEND });
  both.backup.fail("request timeout");
  assertEquals([sink.text, both.missed], ["STORED\r\n", ["backup append k"]]);
});

test("With async others may have written the key meanwhile: the backup keeps nothing of it", () => {
  const { both, sink } = lost({ sent: APPEND, sync: false });
  assertEquals([sink.text, both.backup.received], ["STORED\r\n", [DELETE]]);
});

test("A main that was lost does not stand alone where the backup had nothing to change", () => {
  for (const lives of [true, false]) {
    const both = new CopiedChanges({ sync: true, recovery: new Distrust([]) });
    const sink = both.send(APPEND);
    both.main.answer("STORED");
    if (!lives) both.main.epoch++;
    both.main.fail("connection lost");
    both.backup.answer("NOT_STORED");
    assertEquals(sink.failure ?? sink.text, lives ? "STORED\r\n" : "recovering");
  }
});

test("A backup that refuses what the main did misses it", () => {
  const recovery = new Distrust([]);
  const { both } = lost({ sent: APPEND, recovery });
  both.backup.answer("SERVER_ERROR out of memory");
  assertEquals([both.missed, recovery.told], [["backup append k"], []]);
});

test("A backup that is left without the key is known to lack it, and gets it back from the main", () => {
  for (const [sync, line] of [[true, "NOT_STORED"], [false, "DELETED"], [false, "NOT_FOUND"]]) {
    const recovery = new Distrust([]);
    const { both } = lost({ sent: APPEND, sync: sync === true, recovery });
    both.backup.answer(`${line}`);
    assertEquals([both.missed, recovery.told], [[], ["backup lost k"]]);
  }
});

test("A main that was lost does not stand alone where the backup is not as good", () => {
  const both = new CopiedChanges({ sync: true, recovery: new Distrust(["backup"]) });
  const sink = both.send(APPEND);
  both.main.answer("STORED");
  both.main.epoch++;
  both.main.fail("connection lost");
  assertEquals(both.backup.received, [DELETE]);
  both.backup.answer("DELETED");
  assertEquals(sink.failure, "recovering");
});

test("A backup that may hold something else of the key keeps nothing of it", () => {
  const doubted = new Distrust(["backup"]);
  assertEquals(lost({ sent: APPEND, recovery: doubted }).both.backup.received, [DELETE]);
  const lacking = new Distrust([]);
  lacking.lacking.add("backup");
  assertEquals(lost({ sent: APPEND, recovery: lacking }).both.backup.received, [DELETE]);
});

test("A meta change whose result was lost is not made again: it may set a time", () => {
  const { both } = lost({ sent: "ma k N60 T60\r\n", answer: "HD" });
  assertEquals(both.backup.received, [DELETE]);
});

test("A gat whose result was lost is not made again: the backup's copy gets the time alone", () => {
  const both = new CopiedChanges({ sync: true, recovery: new Distrust([]) });
  both.backup.phase = "reconciling";
  both.send("gat 60 k\r\n");
  both.main.answerWith(hitOf("v"));
  both.backup.phase = "serving";
  both.main.fail("connection lost");
  assertEquals(both.backup.received, ["touch k 60\r\n"]);
});
