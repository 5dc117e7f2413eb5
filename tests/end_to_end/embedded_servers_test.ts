/**
 * The proxy in front of servers of its own process, `-s embedded`: clients cannot tell them
 * from memcached.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { MagentProcess } from "../support/magent_process.ts";
import { BINARY_TESTS, runMemccapable, TEXT_TESTS } from "../support/memccapable.ts";
import { PROTOCOLS, transcriptsOf } from "../support/transcript_files.ts";
import { hold } from "../support/transcript_replay.ts";

const TIME_MS = 60_000;
const SERVERS = { mains: ["embedded:64m"], backups: ["embedded"] };

for (const protocol of PROTOCOLS) {
  test(`embedded servers behind magent: ${protocol} is answered as by memcached`, {
    timeout: TIME_MS,
  }, async () => {
    await using proxy = await MagentProcess.start(SERVERS);
    const failures: string[] = [];
    for (const one of transcriptsOf(protocol)) {
      await hold(one, { speaker: "magent", target: proxy.target })
        .catch((error: Error) => failures.push(`${one.name}: ${error.message}`));
    }
    assertEquals(failures, []);
  });
}

test("memccapable passes before embedded servers", { timeout: TIME_MS }, async () => {
  const servers = { mains: ["embedded", "embedded:8m"], backups: ["embedded"] };
  await using proxy = await MagentProcess.start(servers);
  const { passed, failed } = await runMemccapable(proxy.port);
  assertEquals(failed, []);
  assertEquals(passed.length, TEXT_TESTS + BINARY_TESTS);
});

test("each embedded server is one of its own, with the memory it was given", {
  timeout: TIME_MS,
}, async () => {
  await using proxy = await MagentProcess.start({ mains: ["embedded:8m", "embedded:2m"] });
  await using client = await proxy.client();
  for (let at = 0; at < 20; at++) assertEquals(await client.set(`key${at}`, "v"), "STORED");
  const itemsOf = async (name: string) => Number((await proxy.stats(`@${name}`)).get("curr_items"));
  const counts = [await itemsOf("embedded-1"), await itemsOf("embedded-2")];
  // Without a backup there are no markers of proxies among them.
  assertEquals(counts[0] + counts[1], 20);
  assertEquals(counts.every((count) => count > 0), true, String(counts));
  assertEquals((await proxy.stats("@embedded-2")).get("limit_maxbytes"), String(2 << 20));
});
