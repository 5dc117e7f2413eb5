/**
 * TERM and INT: the proxy accepts nobody any more, answers what is in flight, and exits with
 * 0; a server that never answers holds it up for the drain timeout and no longer.
 */

import { assertEquals, assertGreaterOrEqual, assertLess } from "@std/assert";
import { test } from "node:test";
import { awaitRefusal } from "../support/await_refusal.ts";
import { awaitStats } from "../support/await_stats.ts";
import { Farm } from "../support/farm.ts";
import { TextClient } from "../support/text_client.ts";
import { timed } from "../support/timed.ts";

const TIME_MS = 30_000;
/** No recovery, which would read from the backup while the main is young. */
const PATIENT = ["--request-timeout", "20000", "--recover", "off"];

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} lets every pipelined request be answered, then exits with 0`, {
    timeout: TIME_MS,
  }, async () => {
    await using farm = await Farm.start({ mains: 1, backups: 1, args: PATIENT });
    await using client = await farm.proxy.client();
    await using idle = await farm.proxy.client();
    assertEquals(await client.set("k", "v"), "STORED");
    assertEquals(await idle.get("k"), "v");
    await farm.mains[0].stop();
    client.send("get k\r\n".repeat(100) + "set n 0 0 1\r\n7\r\nincr n 1\r\nget k n\r\n");
    // The get of before, a hundred, and one of two keys.
    await awaitStats(farm.proxy, { cmd_get: 103, requests_incr: 1 });

    const status = farm.proxy.end(signal);
    await awaitRefusal(farm.proxy);
    assertEquals(await idle.readToEnd(), "");
    assertEquals(client.closed, false);
    farm.mains[0].resume();
    assertEquals(
      await client.readToEnd(),
      "VALUE k 0 1\r\nv\r\nEND\r\n".repeat(100) +
        "STORED\r\n8\r\nVALUE k 0 1\r\nv\r\nVALUE n 0 1\r\n8\r\nEND\r\n",
    );
    assertEquals(await status, 0);
    await using backup = await TextClient.connect(farm.backups[0].target);
    assertEquals(await backup.get("n"), "8");
  });
}

test("TERM waits for a server that never answers as long as --drain-timeout says", {
  timeout: TIME_MS,
}, async () => {
  const args = [...PATIENT, "--drain-timeout", "400"];
  await using farm = await Farm.start({ mains: 1, backups: 0, args });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("k", "v"), "STORED");
  await farm.mains[0].stop();
  client.send("get k\r\n");
  await awaitStats(farm.proxy, { cmd_get: 1, main_1_requests: 2 });
  const [status, tookMs] = await timed(() => farm.proxy.end("SIGTERM"));
  assertEquals(status, 0);
  assertGreaterOrEqual(tookMs, 390);
  assertLess(tookMs, 5000);
  // What it is told, if anything, is never a value or a miss.
  assertEquals((await client.readToEnd()).startsWith("VALUE"), false);
});

test("TERM without clients ends at once", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 1 });
  const [status, tookMs] = await timed(() => farm.proxy.end("SIGTERM"));
  assertEquals(status, 0);
  assertLess(tookMs, 3000);
});
