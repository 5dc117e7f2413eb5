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

for (const changing of [0, 1]) {
  test(`A delete of proxy ${changing} is not undone where main and backup are both restored`, {
    timeout: 30_000,
  }, async () => {
    using stage = new PairStage({
      workers: false,
      settings: { replication: "sync", boardTickMs: BOARD_TICK_MS },
    });
    const { main, backup } = stage;
    for (const proxy of [0, 1]) await stage.get(proxy, "n");
    for (const server of [backup, main]) {
      await stage.pass(SOON_MS);
      server.kill();
      server.start(false);
      await stage.pass(SOON_MS);
      for (const proxy of [0, 1]) await stage.get(proxy, "n");
    }
    stage.send(changing, "set n 0 0 1\r\n1\r\n");
    await stage.pass(SOON_MS);
    assertEquals([stage.held(main, "n"), stage.held(backup, "n")], ["1", "1"]);

    const begun = () => stage.logged.some((line) => line.includes("backup restore begins"));
    for (let ms = 0; !begun() && ms < PEACE_MS; ms += SOON_MS / 10) await stage.pass(SOON_MS / 10);
    // At a main that is restored it arrives last.
    main.cutFrom.add(changing);
    const deleted = stage.send(changing, "delete n\r\n");
    await stage.pass(3 * SOON_MS);
    main.cutFrom.clear();
    await stage.pass(SOON_MS);
    assertEquals(deleted.text, "DELETED\r\n");
    await stage.pass(2 * PEACE_MS);
    for (const proxy of [0, 1]) assertEquals(await stage.get(proxy, "n"), "END\r\n");
    assertEquals([stage.held(main, "n"), stage.held(backup, "n")], [null, null]);
    for (const { backends } of stage.proxies) {
      assertEquals(backends.map(({ phase }) => phase), ["serving", "serving"]);
    }
  });
}
