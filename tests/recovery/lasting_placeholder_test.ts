/**
 * Whoever puts a key back leaves a placeholder first, and may be lost before it is filled. It goes
 * by itself, unless a touch makes it last: then the key would never be put back.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { RecordingSink } from "../support/recording_sink.ts";
import { PairStage } from "./pair_stage.ts";

const LEASE_S = 30;
/** For probes, timeouts, and what others announce. */
const NOTICED_MS = 1500;
/** Servers are put in order, and the last placeholders are gone. */
const PEACE_MS = 60_000;
/** Two ways of touching, and what the client is told. */
const TOUCHES = [["touch k 0\r\n", "TOUCHED\r\n"], ["mg k v T0\r\n", "VA 1\r\nv\r\n"]] as const;

for (const [at, name] of [[0, "main"], [1, "backup"]] as const) {
  for (const [command, told] of TOUCHES) {
    const what = `${command.trim()} makes no placeholder last on a ${name}`;
    test(`${what} that waits for another proxy`, { timeout: 60_000 }, async () => {
      using stage = new PairStage({
        workers: false,
        settings: { replication: "sync", boardTickMs: 50 },
      });
      const server = stage[name];
      for (const proxy of [0, 1]) await stage.get(proxy, "k");
      await stage.pass(NOTICED_MS);
      stage.send(0, "set k 0 100 1\r\nv\r\n");
      await stage.pass(NOTICED_MS);

      // It comes back empty, and somebody is lost with a key in hand.
      server.kill();
      server.start(false);
      server.memcached.items.lease("k", LEASE_S);
      await stage.pass(NOTICED_MS);
      // The other proxy does not get a change there.
      server.cutFrom.add(1);
      stage.send(1, "set other 0 0 1\r\no\r\n");
      await stage.pass(NOTICED_MS);
      assertEquals(stage.proxies[0].backends[at].phase, "reconciling");

      const touched = stage.send(0, command);
      await stage.pass(NOTICED_MS);
      assertEquals(touched.text, told);
      server.cutFrom.clear();
      await stage.pass(PEACE_MS);
      assertEquals(stage.proxies.map(({ backends }) => backends[at].phase), ["serving", "serving"]);
      assertEquals([stage.held(stage.main, "k"), stage.held(stage.backup, "k")], ["v", "v"]);
      const { items } = server.memcached;
      assertEquals(items.secondsLeft(items.find("k")!), -1);
    });
  }
}

/** Between two touches, ms. */
const OFTEN_MS = 100;

for (const [at, name] of [[0, "main"], [1, "backup"]] as const) {
  const what = `Touches that go on keep no ${name} from being restored that both proxies announced`;
  test(what, { timeout: 60_000 }, async () => {
    using stage = new PairStage({
      workers: false,
      settings: { replication: "sync", boardTickMs: 50 },
    });
    const server = stage[name];
    for (const proxy of [0, 1]) await stage.get(proxy, "k");
    await stage.pass(NOTICED_MS);
    stage.send(0, "set k 0 100 1\r\nv\r\n");
    await stage.pass(NOTICED_MS);

    server.kill();
    for (const proxy of [0, 1]) stage.send(proxy, `set missed${proxy} 0 0 1\r\nm\r\n`);
    await stage.pass(NOTICED_MS);
    server.start(false);
    const touches: RecordingSink[] = [];
    for (let ms = 0; ms < PEACE_MS; ms += OFTEN_MS) {
      touches.push(...[0, 1].map((proxy) => stage.send(proxy, `touch k ${100 + proxy}\r\n`)));
      await stage.pass(OFTEN_MS);
    }
    assertEquals([...new Set(touches.map(({ text }) => text))], ["TOUCHED\r\n"]);
    assertEquals(stage.proxies.map(({ backends }) => backends[at].phase), ["serving", "serving"]);
    assertEquals([stage.held(stage.main, "k"), stage.held(stage.backup, "k")], ["v", "v"]);
  });
}
