/**
 * One deadline, connect timeout + request timeout, covers all attempts of a request: with
 * both copies silent nobody waits longer, whatever was asked and however it is tried.
 */

import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { test } from "node:test";
import { awaitStats } from "../support/await_stats.ts";
import { Farm } from "../support/farm.ts";

const TIME_MS = 30_000;
/** What a busy machine may add; far less than a second attempt with a timeout of its own. */
const SLACK_MS = 500;
/** Of the timeouts, 200 ms and 1 s, one each; a second attempt of its own comes to 2 s. */
const LONGEST_MS = 1200 + SLACK_MS;

/** Requests of one client, `#` standing for its key. */
const CASES: readonly (readonly string[])[] = [
  ["get #\r\n", "gets # key:0 key:1\r\n"],
  ["gat 10 #\r\n"],
  ["set # 0 0 1\r\nw\r\n"],
  ["incr # 1\r\n"],
  ["append # 0 0 1\r\n1\r\n", "set # 0 0 1\r\nw\r\n", "delete #\r\n"],
  ["incr # 1\r\n", "append # 0 0 1\r\n1\r\n", "gat 10 #\r\n", "mg # v\r\n"],
];

/** Checks that each request is answered in time; in a farm where nothing else is asked. */
async function assertInTime(requests: readonly string[], how: {
  args: readonly string[];
  open: boolean;
}): Promise<void> {
  const args = ["--failure-limit", "1000", ...how.args];
  await using farm = await Farm.start({ mains: 1, backups: 1, args });
  await using client = await farm.proxy.client();
  if (how.open) {
    assertEquals(await client.set("k", "1"), "STORED");
    await awaitStats(farm.proxy, { backup_1_connections: 1, backup_1_waiting: 0 });
  }
  for (const server of [...farm.mains, ...farm.backups]) await server.stop();
  const start = performance.now();
  client.send(requests.join("").replaceAll("#", "k"));
  for (const request of requests) {
    assertMatch(await client.readLine(TIME_MS), /^(END|EN|SERVER_ERROR .*)$/, request);
    assertLess(performance.now() - start, LONGEST_MS, `answer to ${request} of ${requests}`);
  }
}

for (const mode of ["async", "sync"]) {
  for (const open of [true, false]) {
    const name = `${mode}: one deadline covers all attempts where connections were `;
    test(`${name}${open ? "open" : "not open yet"}`, { timeout: TIME_MS }, async () => {
      const [connectMs, requestMs] = open ? ["200", "1000"] : ["1000", "200"];
      const timeouts = ["--connect-timeout", connectMs, "--request-timeout", requestMs];
      const args = ["--replication", mode, ...timeouts];
      await Promise.all(CASES.map((requests) => assertInTime(requests, { args, open })));
    });
  }
}

test("sync: a main that answers late leaves its backup only the rest of the time", {
  timeout: TIME_MS,
}, async () => {
  const timeouts = ["--connect-timeout", "200", "--request-timeout", "1500"];
  const args = ["--replication", "sync", "--failure-limit", "1000", ...timeouts];
  await using farm = await Farm.start({ mains: 1, backups: 1, args });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("k", "1"), "STORED");
  for (const server of [...farm.mains, ...farm.backups]) await server.stop();
  const start = performance.now();
  client.send("incr k 1\r\n");
  await awaitStats(farm.proxy, { requests_incr: 1 });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  farm.mains[0].resume();
  assertEquals(await client.readLine(TIME_MS), "2");
  assertLess(performance.now() - start, 1700 + SLACK_MS);
});
