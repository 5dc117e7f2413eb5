/**
 * Commands that set up servers: refused, or with `--admin-commands` given to all of them.
 */

import { assertEquals, assertLess } from "@std/assert";
import { test } from "node:test";
import { DEFAULT_HEALTH } from "../../src/config/config.ts";
import { Farm } from "../support/farm.ts";
import type { MemcachedProcess } from "../support/memcached_process.ts";

const TIME_MS = 60_000;
const SLACK_MS = 500;
const REFUSED = "CLIENT_ERROR command not available through the proxy: ask the server itself";
const NOT_ALLOWED = `${REFUSED}, or start the proxy with --admin-commands\r\n`;

async function settingOf(server: MemcachedProcess, name: string): Promise<string> {
  await using client = await server.client();
  const text = await client.ask("stats settings\r\n", "END\r\n");
  return new RegExp(`STAT ${name} (.*)\r\n`).exec(text)![1];
}

async function settings(farm: Farm, name: string): Promise<string[]> {
  const servers = [...farm.mains, ...farm.backups];
  return await Promise.all(servers.map((server) => settingOf(server, name)));
}

test("Administrative commands are refused and reach no server", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 1 });
  await using client = await farm.proxy.client();
  for (
    const line of ["cache_memlimit 128", "lru mode flat", "lru_crawler disable", "slabs automove 0"]
  ) assertEquals(await client.ask(`${line}\r\n`), NOT_ALLOWED);
  for (
    const line of ["watch", "shutdown", "extstore x", "refresh_certs", "lru_crawler mgdump all"]
  ) {
    assertEquals(await client.ask(`${line}\r\n`), `${REFUSED}\r\n`);
  }
  assertEquals(await client.ask("cache_memlimit 128 noreply\r\nmn\r\n"), "MN\r\n");
  assertEquals(await settings(farm, "maxbytes"), ["67108864", "67108864"]);
});

test("--admin-commands gives them to every server", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start({ mains: 2, backups: 1, args: ["--admin-commands"] });
  await using client = await farm.proxy.client();
  for (
    const [line, name, value] of [
      ["cache_memlimit 128", "maxbytes", `${128 << 20}`],
      ["lru mode flat", "lru_segmented", "no"],
      ["lru temp_ttl 77", "temporary_ttl", "77"],
      ["lru tune 25 45 0.1 2.0", "hot_lru_pct", "25"],
      ["lru_crawler sleep 200", "lru_crawler_sleep", "200"],
      ["lru_crawler tocrawl 50", "lru_crawler_tocrawl", "50"],
      ["slabs automove 0", "slab_automove", "0"],
    ]
  ) {
    assertEquals(await client.ask(`${line}\r\n`), "OK\r\n", line);
    assertEquals(await settings(farm, name), [value, value, value], line);
  }
  assertEquals(
    await client.ask("slabs reassign 5 5\r\n"),
    "SAME src and dst class are identical\r\n",
  );
  assertEquals(await client.ask("lru_crawler\r\n"), "ERROR\r\n");
  assertEquals(await client.ask("shutdown\r\n"), `${REFUSED}\r\n`);
  assertEquals(await client.ask("lru_crawler metadump all\r\n"), `${REFUSED}\r\n`);
  // What comes behind sees what was set, though nothing was answered.
  client.send("cache_memlimit 96 noreply\r\nstats settings\r\n");
  const text = await client.readThrough("END\r\n");
  assertEquals(text.startsWith(`STAT maxbytes ${3 * (96 << 20)}\r\n`), true);
});

test("An administrative command says which server did not take it, in time", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 2, backups: 0, args: ["--admin-commands"] });
  await using client = await farm.proxy.client();
  const [alive, silent] = farm.mains;
  await silent.stop();
  const started = performance.now();
  assertEquals(
    await client.ask("cache_memlimit 128\r\n"),
    `SERVER_ERROR BACKEND SERVER ${silent.server}: request timeout\r\n`,
  );
  assertLess(performance.now() - started, DEFAULT_HEALTH.requestTimeoutMs + SLACK_MS);
  assertEquals(await settingOf(alive, "maxbytes"), `${128 << 20}`);
  await silent.kill();
  assertEquals(
    await client.ask("cache_memlimit 64\r\n"),
    `SERVER_ERROR CAN NOT CONNECT TO BACKEND SERVER ${silent.server}: refused\r\n`,
  );
  assertEquals(await settingOf(alive, "maxbytes"), `${64 << 20}`);
});
