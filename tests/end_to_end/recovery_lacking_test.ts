/** Another proxy announced that a main lacks keys: its misses are no misses, its hits are hits. */

import { assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
/** Some looks at the board. */
const SEEN_MS = 10_000;
const SEAT = "magent:board:31";

/** A proxy's word on the boards of all servers. */
async function announce(servers: readonly TextClient[], notice: string): Promise<void> {
  for (const server of servers) {
    assertEquals(await server.set(SEAT, notice), "STORED");
    assertEquals(await server.set("magent:board:news", `news of ${notice}`), "STORED");
  }
}

for (const meta of [true, false]) {
  const form = { mains: 1, backups: 1, meta, args: ["--replication", "sync"] };
  const name = `A main that lacks keys by another proxy's word is asked along with its copy${
    meta ? "" : ", without meta commands, too"
  }`;
  test(name, { timeout: TIME_MS }, async () => {
    await using farm = await Farm.start(form);
    await using main = await farm.mains[0].client();
    await using backup = await farm.backups[0].client();
    await using client = await farm.proxy.client();
    assertEquals(await client.set("there", "both"), "STORED");
    assertEquals(await client.set("gone", "copy"), "STORED");
    assertEquals(await client.set("count", "10"), "STORED");
    const [server] = [...(await farm.proxy.stats("recovery")).entries()]
      .filter(([line]) => line === "main_1_name").map(([, text]) => text);
    for (const key of ["gone", "count"]) {
      assertEquals(await main.ask(`delete ${key}\r\n`), "DELETED\r\n");
    }
    assertEquals(await client.get("gone"), null);

    await announce([main, backup], `peer 1 ?${encodeURIComponent(server)}`);
    const recovery = async () => await farm.proxy.stats("recovery");
    const told = async (proxies: string) =>
      (await recovery()).get("main_1_lacks_keys_of") === proxies || null;
    await poll(() => told("peer"), SEEN_MS, "notice that is seen");
    assertEquals((await recovery()).get("main_1_waits_for"), "none");
    assertEquals((await recovery()).get("main_1_state"), "up");
    assertEquals([await client.get("there"), await client.get("gone")], ["both", "copy"]);
    assertEquals(await client.get("nowhere"), null);
    assertEquals(await client.ask("add gone 0 0 3\r\nnew\r\n"), "NOT_STORED\r\n");
    assertEquals(await client.ask("incr count 1\r\n"), "11\r\n");
    assertEquals(await client.ask("touch gone 100\r\n"), "TOUCHED\r\n");
    assertEquals(await client.ask("delete gone\r\n"), "DELETED\r\n");
    assertEquals(await client.get("gone"), null);
    assertEquals([await client.get("count"), await backup.get("count")], ["11", "11"]);

    await announce([main, backup], "peer 2");
    await poll(() => told("none"), SEEN_MS, "notice that is over");
    assertEquals([await client.get("count"), await client.get("gone")], ["11", null]);
    assertMatch(
      farm.proxy.log,
      /lacks keys that proxy peer puts back: its copies are asked, too/,
    );
  });
}
