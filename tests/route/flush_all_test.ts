/** A server that is put in order is flushed after those that it gets keys from. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { CopiedChanges } from "./copied_changes.ts";

const FLUSH = "flush_all\r\n";
const SET = "set k 0 0 1\r\nv\r\n";

test("FlushAll asks servers in service at once", () => {
  const both = new CopiedChanges();
  both.send(FLUSH);
  assertEquals([both.main.received, both.backup.received], [[FLUSH], [FLUSH]]);
});

for (const phase of ["restoring", "reconciling"] as const) {
  test(`FlushAll flushes a backup that is ${phase} when its main has answered`, () => {
    for (const fails of [false, true]) {
      const both = new CopiedChanges({ sync: true });
      both.backup.phase = phase;
      const sink = both.send(FLUSH);
      assertEquals([both.main.received, both.backup.received], [[FLUSH], []]);
      if (fails) both.main.fail("request timeout");
      else both.main.answer("OK");
      assertEquals(both.backup.received, [FLUSH]);
      both.backup.answer("OK");
      assertEquals(sink.text, "OK\r\n");
      assertEquals(both.missed, fails ? ["main flush_all"] : []);
      assertEquals(both.route.keysInFlight, 0);
    }
  });

  test(`FlushAll flushes a main that is ${phase} when its backup has answered`, () => {
    const both = new CopiedChanges({ sync: true });
    both.main.phase = phase;
    const sink = both.send(FLUSH);
    assertEquals([both.main.received, both.backup.received], [[], [FLUSH]]);
    both.backup.answer("OK");
    both.main.answer("OK");
    assertEquals([sink.text, both.route.keysInFlight], ["OK\r\n", 0]);
  });
}

test("FlushAll lets no change overtake it at a backup that waits for it", () => {
  const both = new CopiedChanges();
  both.backup.phase = "restoring";
  both.send(FLUSH);
  both.send(SET);
  both.main.answer("OK");
  both.main.answer("STORED");
  both.backup.answer("OK");
  assertEquals([both.main.received, both.backup.received], [[FLUSH, SET], [FLUSH, SET]]);
});
