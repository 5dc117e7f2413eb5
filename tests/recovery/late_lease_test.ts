/**
 * A change that waits until it has been looked whether a restored server has the key, and a
 * restore that leases the key meanwhile: the change meets no placeholder.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { parsedRequest } from "../support/parsed_request.ts";
import { PairStage } from "./pair_stage.ts";
import { MODEL_HEALTH, REQUEST_TIMEOUT_MS } from "./sim_proxy.ts";

const PROBE_MS = 20;
/** Longer than anything here takes, in steps. */
const STEPS_MAX = 1000;

/** Whatever can arrive arrives, until this is true. */
async function until(stage: PairStage, isSo: () => boolean): Promise<void> {
  for (let step = 0; !isSo(); step++) {
    if (step === STEPS_MAX) throw new Error(`it never came to be so: ${isSo}`);
    await stage.pass(0);
  }
}

const CASES = [
  ["append k 0 0 1\r\n+\r\n", "STORED", "v", "v+"],
  ["incr k 1\r\n", "8", "7", "8"],
  ["add k 0 0 1\r\nw\r\n", "NOT_STORED", "v", "v"],
] as const;

for (const [change, told, before, after] of CASES) {
  const name = change.split(" ", 1)[0];
  test(`${name} does not meet the placeholder of a restore that began since it was looked`, {
    timeout: 30_000,
  }, async () => {
    using stage = new PairStage({
      workers: false,
      settings: {
        replication: "async",
        boardTickMs: 0,
        connections: 2,
        health: { ...MODEL_HEALTH, probeMs: PROBE_MS, probeMaxMs: PROBE_MS },
      },
    });
    const { main, backup, proxies: [{ backends, routes }] } = stage;
    stage.send(0, `set k 0 0 1\r\n${before}\r\n`);
    await stage.pass(REQUEST_TIMEOUT_MS);
    main.cutFrom.add(0);
    for (const key of ["k", "i", "j"]) stage.send(0, `get ${key}\r\n`);
    await until(stage, () => !backends[0].usable);
    backup.kill();
    backup.start(false);
    const server = routes.coordinator!.servers[1];
    // Its second connection finds the process of the first.
    await until(stage, () => {
      for (const key of ["k", "i", "j", "l"]) stage.send(0, `get ${key}\r\n`);
      return server.beingRestored && server.lastVerdict === "same";
    });

    // What is asked of the backup takes as long as it takes the main to come back.
    backup.cutFrom.add(0);
    const sink = stage.send(0, change);
    await stage.pass(0);
    assertEquals([server.repairs.size, sink.answered], [0, false]);
    main.cutFrom.clear();
    await until(stage, () => backends[0].usable);
    // As the restore does, which finds the key at the main.
    const copies = { main: backends[1], backup: backends[0] };
    server.repairs.repair(parsedRequest("get k\r\n"), copies, () => {});
    await stage.pass(0);
    assertEquals([server.repairs.size, sink.answered], [1, false]);
    backup.cutFrom.clear();
    await stage.pass(2 * REQUEST_TIMEOUT_MS);
    assertEquals([sink.text, stage.held(backup, "k")], [`${told}\r\n`, after]);
  });
}

for (const isLost of [true, false]) {
  const told = isLost ? "has failed" : "is made";
  test(
    `A change of a key ${told} whose lease ${isLost ? "may" : "can not"} arrive behind its look`,
    {
      timeout: 30_000,
    },
    async () => {
      using stage = new PairStage({
        workers: false,
        settings: {
          replication: "async",
          boardTickMs: 0,
          health: { ...MODEL_HEALTH, probeMs: PROBE_MS, probeMaxMs: PROBE_MS },
        },
      });
      const { main, backup, proxies: [{ backends, routes }] } = stage;
      stage.send(0, "set other 0 0 1\r\nv\r\n");
      await stage.pass(REQUEST_TIMEOUT_MS);
      backup.kill();
      backup.start(false);
      const server = routes.coordinator!.servers[1];
      await until(stage, () => {
        stage.send(0, "set other 0 0 1\r\nv\r\n");
        return server.beingRestored && server.mayRepair;
      });

      // The main has no such key; the lease is lost on the way to the backup.
      if (isLost) backup.cutFrom.add(0);
      const copies = { main: backends[1], backup: backends[0] };
      let ended = "";
      server.repairs.repair(parsedRequest("get k\r\n"), copies, (left, how) => {
        ended = `${left} ${how}`;
      });
      await until(stage, () => ended !== "");
      assertEquals(ended, isLost ? "unclear failed" : "known absent");
      backup.cutFrom.clear();
      await until(stage, () => backends[1].usable && backends[1].phase === "restoring");
      main.cutFrom.add(0);
      await until(stage, () => {
        stage.send(0, "get i\r\n");
        return !backends[0].usable;
      });
      // As if it had not arrived yet.
      backup.memcached.items.delete("k");

      const early = stage.send(0, "append k 0 0 1\r\n+\r\n");
      await until(stage, () => early.answered);
      assertEquals(early.failure ?? early.text, isLost ? "recovering" : "NOT_STORED\r\n");
    },
  );
}
