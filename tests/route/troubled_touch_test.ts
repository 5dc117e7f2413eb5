/** A touch never reaches what may be a placeholder: it would last, and nobody could fill it. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Touchable } from "../../src/route/route.ts";
import { CopiedChanges } from "./copied_changes.ts";
import { Distrust } from "./distrust.ts";

const TOUCH = "touch k 60\r\n";
const PHASES = ["restoring", "reconciling"] as const;
const BOTH_MODES = [false, true];

/** Two copies, of which those named are put in order; what a touch finds there. */
function troubled(found: Partial<Record<"main" | "backup", Touchable>>, {
  sync = true,
  phase = "restoring" as typeof PHASES[number],
} = {}) {
  const recovery = new Distrust([]);
  const both = new CopiedChanges({ sync, recovery });
  for (const name of ["main", "backup"] as const) {
    const touchable = found[name];
    if (touchable === undefined) continue;
    both[name].phase = phase;
    recovery.touchable.set(name, touchable);
    if (phase === "reconciling") recovery.distrusted.add(name);
  }
  return { both, recovery };
}

test("A backup that is put in order is looked at when the main was touched, whatever others announced", () => {
  for (const phase of PHASES) {
    for (const sync of BOTH_MODES) {
      const { both, recovery } = troubled({ backup: "nothing" }, { phase, sync });
      const sink = both.send(TOUCH);
      assertEquals([recovery.told, both.main.received], [[], [TOUCH]]);
      both.main.answer("TOUCHED");
      assertEquals(recovery.told, ["look at backup, clear it"]);
      assertEquals([sink.text, both.backup.received, both.missed], ["TOUCHED\r\n", [], []]);
    }
  }
});

test("A backup that is put in order is touched where it has the key", () => {
  for (const phase of PHASES) {
    const { both } = troubled({ backup: "value" }, { phase });
    const sink = both.send(TOUCH);
    both.main.answer("TOUCHED");
    assertEquals([sink.calls, both.backup.received], [[], [TOUCH]]);
    both.backup.answer("TOUCHED");
    assertEquals([sink.text, both.missed], ["TOUCHED\r\n", []]);
  }
});

test("A backup that does not tell what it has misses a touch that the main made", () => {
  for (const phase of PHASES) {
    const { both } = troubled({ backup: "unknown" }, { phase });
    const sink = both.send(TOUCH);
    both.main.answer("TOUCHED");
    assertEquals([sink.text, both.backup.received], ["TOUCHED\r\n", []]);
    assertEquals(both.missed, ["backup touch k"]);
  }
});

test("A placeholder is left alone where there was nothing to touch at the other copy", () => {
  for (const phase of PHASES) {
    const { both, recovery } = troubled({ backup: "nothing" }, { phase });
    const sink = both.send(TOUCH);
    both.main.answer("NOT_FOUND");
    assertEquals(recovery.told, ["look at backup"]);
    assertEquals([sink.text, both.backup.received, both.missed], ["NOT_FOUND\r\n", [], []]);
  }
});

test("A main that is put in order is looked at when the backup was touched", () => {
  for (const phase of PHASES) {
    for (const found of ["value", "nothing"] as const) {
      const { both, recovery } = troubled({ main: found }, { phase });
      const sink = both.send(TOUCH);
      assertEquals([recovery.told, both.backup.received], [[], [TOUCH]]);
      both.backup.answer("TOUCHED");
      assertEquals(recovery.told, ["look at main, clear it"]);
      assertEquals(both.main.received, found === "value" ? [TOUCH] : []);
      if (found === "value") both.main.answer("TOUCHED");
      assertEquals([sink.text, both.missed], ["TOUCHED\r\n", []]);
    }
  }
});

test("Of two copies that are put in order the one that has the key is touched first", () => {
  for (const [has, lacks] of [["main", "backup"], ["backup", "main"]] as const) {
    const { both, recovery } = troubled(
      has === "main" ? { main: "value", backup: "nothing" } : { main: "nothing", backup: "value" },
    );
    const sink = both.send(TOUCH);
    both[has].answer("TOUCHED");
    assertEquals([both[has].received, both[lacks].received], [[TOUCH], []]);
    // The first of them is looked at twice: to find the order, and to touch it.
    assertEquals(recovery.told, ["look at main", `look at ${has}`, `look at ${lacks}, clear it`]);
    assertEquals([sink.text, both.missed], ["TOUCHED\r\n", []]);
  }
});

test("A touch of a key that neither copy has finds nothing, and is missed nowhere", () => {
  const { both, recovery } = troubled({ main: "nothing", backup: "nothing" });
  const sink = both.send(TOUCH);
  assertEquals(recovery.told, ["look at main", "look at backup", "look at main"]);
  assertEquals([both.main.received, both.backup.received], [[], []]);
  assertEquals([sink.text, both.missed], ["NOT_FOUND\r\n", []]);
});

test("Later changes of the key wait until both copies had their turn", () => {
  const { both } = troubled({ main: "value" });
  both.send(TOUCH);
  both.send("set k 0 0 1\r\nv\r\n");
  both.backup.answer("TOUCHED");
  assertEquals([both.main.received, both.backup.received], [[TOUCH], [TOUCH]]);
  both.main.answer("TOUCHED");
  assertEquals(both.backup.received, [TOUCH, "set k 0 0 1\r\nv\r\n"]);
});
