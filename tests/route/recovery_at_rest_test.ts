/** What recovery costs while every server serves: nothing, because nobody asks it. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { CopyOrder } from "../../src/route/copy_order.ts";
import { FailoverRoute } from "../../src/route/failover_route.ts";
import { Pool } from "../../src/route/pool.ts";
import { ReplicateRoute } from "../../src/route/replicate_route.ts";
import type { Recovery } from "../../src/route/route.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination, hitOf, replyOf } from "../support/fake_destination.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";

/** Routes over two copies, and what they asked of recovery. */
function routes() {
  const asked: string[] = [];
  const recovery = new Proxy({} as Recovery, {
    get: (_, name) => {
      asked.push(String(name));
      return () => true;
    },
  });
  const clock = new FakeClock();
  const servers = [new FakeDestination("main"), new FakeDestination("backup")];
  const [mains, backups] = servers.map((one) => new Pool([one], { owner: () => 0 }));
  const shared = { clock, deadlineMs: 1000, recovery, order: new CopyOrder() };
  const missed = { missed: () => void asked.push("missed") };
  const changes = { mains, backups, sync: false, missed, unixTime: () => 0 };
  return {
    asked,
    servers,
    read: new FailoverRoute(mains, backups, shared),
    change: new ReplicateRoute({ ...changes, ...shared }),
  };
}

test("Routes ask recovery for nothing while both copies serve", () => {
  const { asked, servers, read, change } = routes();
  const answers = [
    ["get k\r\n", hitOf("v")],
    ["set k 0 0 1\r\nv\r\n", replyOf("STORED")],
    ["delete k\r\n", replyOf("DELETED")],
    ["touch k 1\r\n", replyOf("TOUCHED")],
  ] as const;
  for (const [text, answer] of answers) {
    for (const server of servers) server.immediately = answer;
    const sink = new RecordingSink();
    (text.startsWith("get") ? read : change).send(parsedRequest(text), sink);
    assertEquals([sink.answered, asked], [true, []], text);
  }
});

test("Routes ask recovery as soon as a main is restored or misses a key", () => {
  for (const trouble of [{ phase: "restoring" }, { missesKeys: true }] as const) {
    const { asked, servers: [main], read } = routes();
    Object.assign(main, trouble, { readable: false });
    read.send(parsedRequest("get k\r\n"), new RecordingSink());
    assertEquals(asked.includes("mayLack"), true);
  }
});
