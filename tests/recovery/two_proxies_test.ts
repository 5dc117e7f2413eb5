/** Two proxies and one order of events: what one of them had sent is not lost to the other's restore. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { PairStage } from "./pair_stage.ts";

/** Shorter than any timeout. */
const SOON_MS = 100;
const BOARD_TICK_MS = 50;
/** Servers are put in order, and the last placeholders are gone. */
const PEACE_MS = 40_000;

const CHANGES = [
  { sent: "set n 0 0 1\r\n7\r\n", left: "7" },
  { sent: "incr n 1\r\n", left: "2" },
  { sent: "delete n\r\n", left: null },
  { sent: "flush_all\r\n", left: null },
];

for (const replication of ["async", "sync"] as const) {
  for (const { sent, left } of CHANGES) {
    const what = `${sent.split(/\s/, 1)[0]} of one proxy`;
    test(`${what} on its way to the backup is not overtaken by another's restore, ${replication}`, {
      timeout: 30_000,
    }, async () => {
      using stage = new PairStage({
        workers: false,
        settings: { replication, boardTickMs: BOARD_TICK_MS },
      });
      const told = left === null ? "END\r\n" : `VALUE n 0 1\r\n${left}\r\n`;
      for (const proxy of [0, 1]) await stage.get(proxy, "n");
      await stage.pass(SOON_MS);
      stage.send(1, "set n 0 0 1\r\n1\r\n");
      await stage.pass(SOON_MS);
      assertEquals(await stage.get(0, "n"), "VALUE n 0 1\r\n1\r\n");

      // The main has it, the backup not yet; then the main comes back empty, and both see that: the
      // other one first, so that it is the one who marks it.
      stage.backup.cutFrom.add(1);
      const changed = stage.send(1, sent);
      await stage.pass(0);
      assertEquals([stage.held(stage.main, "n"), stage.held(stage.backup, "n")], [left, "1"]);
      stage.main.kill();
      stage.main.start(false);
      await stage.pass(SOON_MS);
      await stage.get(0, "n");
      await stage.pass(SOON_MS);
      assertEquals(stage.proxies[0].backends[0].phase, "restoring");

      stage.backup.cutFrom.clear();
      await stage.pass(SOON_MS);
      assertEquals([changed.failure, changed.answered], [null, true]);
      for (const proxy of [0, 1]) assertEquals(await stage.get(proxy, "n"), told);
      await stage.pass(PEACE_MS);
      for (const proxy of [0, 1]) assertEquals(await stage.get(proxy, "n"), told);
      assertEquals([stage.held(stage.main, "n"), stage.held(stage.backup, "n")], [left, left]);
      assertEquals(stage.proxies.map(({ backends }) => backends[0].phase), ["serving", "serving"]);
    });
  }
}
