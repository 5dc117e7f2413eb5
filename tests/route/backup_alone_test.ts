/**
 * A change that the backup decides alone, and that waits until it is clear whether the backup
 * has the key: what comes later waits behind it.
 */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { CopiedChanges, DEADLINE_MS } from "./copied_changes.ts";
import { Distrust } from "./distrust.ts";

const ADD = "add k 0 0 1\r\nv\r\n";
const DELETE = "delete k\r\n";
const FLUSH = "flush_all\r\n";
const INCR = "incr k 1\r\n";

/** Repairs end when the test says so. */
class SlowRepairs extends Distrust {
  /** Those that have begun, oldest first. */
  readonly begun: ((serverMayDecide: boolean) => void)[] = [];
  override readonly afterRepair: Distrust["afterRepair"] = (_request, _copies, then) => {
    this.begun.push(then);
  };
}

/** A main that is away, unless told otherwise, and a backup that may lack keys. */
function lacking({ mainUsable = false } = {}) {
  const recovery = new SlowRepairs([]);
  recovery.lacks = true;
  const both = new CopiedChanges({ recovery });
  both.main.usable = mainUsable;
  both.backup.missesKeys = true;
  return { recovery, both };
}

test("A change that the backup decides alone is not overtaken while the backup is looked at", () => {
  for (const later of [DELETE, FLUSH]) {
    const { both, recovery } = lacking();
    const added = both.send(ADD);
    const sink = both.send(later);
    assertEquals([both.backup.received, sink.answered], [[], false]);
    recovery.begun[0](true);
    assertEquals(both.backup.received, [ADD, later]);
    both.backup.answer("STORED");
    both.backup.answer(later === FLUSH ? "OK" : "DELETED");
    assertEquals([added.status, sink.answered, both.route.keysInFlight], ["Stored", true, 0]);
  }
});

test("A change that the backup may not decide alone lets go on what waits behind it", () => {
  const { both, recovery } = lacking();
  const added = both.send(ADD);
  both.send(DELETE);
  recovery.begun[0](false);
  assertEquals([added.failure, both.backup.received], ["recovering", [DELETE]]);
  assertEquals(both.route.keysInFlight, 0);
});

test("A change of another key does not wait for the backup to be looked at", () => {
  const { both, recovery } = lacking();
  both.send(INCR);
  both.send("delete other\r\n");
  assertEquals([both.backup.received, recovery.begun.length], [["delete other\r\n"], 1]);
});

test("A change that the main failed is not overtaken while the backup is looked at", () => {
  for (const later of [DELETE, FLUSH]) {
    const { both, recovery } = lacking({ mainUsable: true });
    recovery.lacks = false;
    const sink = both.send(INCR);
    recovery.lacks = true;
    both.send(later);
    both.main.fail("connect timeout", false);
    // The fetch behind it fails as well.
    both.main.fail("connect timeout", false);
    assertEquals([both.backup.received, both.missed], [[], []]);
    recovery.begun[0](true);
    assertEquals([both.backup.received, both.missed], [[INCR, later], ["main incr k"]]);
    both.backup.answer("2");
    assertEquals([sink.text, both.route.keysInFlight], ["2\r\n", 0]);
  }
});

test("A change that the main failed has no more time for the backup to be looked at", () => {
  const { both, recovery } = lacking({ mainUsable: true });
  recovery.lacks = false;
  const sink = both.send(INCR);
  recovery.lacks = true;
  both.main.fail("connect timeout", false);
  both.main.fail("connect timeout", false);
  both.clock.advance(DEADLINE_MS);
  assertEquals([sink.failure, both.route.keysInFlight], ["connect timeout", 1]);
  recovery.begun[0](false);
  assertEquals([sink.calls.length, both.route.keysInFlight, both.clock.pending], [1, 0, 0]);
});

test("A change whose time is over when its turn comes is not made by the backup", () => {
  const { both, recovery } = lacking();
  both.send(ADD);
  const behind = both.send(INCR);
  const last = both.send(DELETE);
  both.clock.advance(DEADLINE_MS);
  assertEquals([behind.failure, last.failure], ["request timeout in doubt", "ejected"]);
  recovery.begun[0](true);
  // A delete is in turn whatever its client was told: the main may have it, and now misses it.
  assertEquals([both.backup.received, recovery.begun.length], [[ADD, DELETE], 1]);
  assertEquals(both.route.keysInFlight, 0);
});

test("A change that the main failed is not made by the backup when its turn comes too late", () => {
  const { both, recovery } = lacking({ mainUsable: true });
  recovery.lacks = false;
  for (let change = 0; change < 2; change++) both.send(INCR);
  recovery.lacks = true;
  // Each with the fetch behind it.
  for (let asked = 0; asked < 4; asked++) both.main.fail("connect timeout", false);
  both.clock.advance(DEADLINE_MS);
  recovery.begun[0](true);
  assertEquals([both.backup.received, recovery.begun.length], [[INCR], 1]);
  assertEquals([both.missed, both.route.keysInFlight], [["main incr k", "main incr k"], 0]);
});
