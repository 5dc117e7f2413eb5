import { assertEquals, assertRejects } from "@std/assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MemcachedProcess } from "./memcached_process.ts";

test("MemcachedProcess is gone after kill and empty on the same port after restart", async () => {
  await using memcached = await MemcachedProcess.start();
  const port = memcached.port;
  await using before = await memcached.client();
  assertEquals(await before.set("k", "v"), "STORED");

  await memcached.kill();
  await assertRejects(() => memcached.client());
  await memcached.restart();
  await using after = await memcached.client();
  assertEquals(await after.get("k"), null);
  assertEquals(memcached.port, port);
});

test("MemcachedProcess is silent while stopped and answers once resumed", async () => {
  await using memcached = await MemcachedProcess.start();
  await using client = await memcached.client();
  assertEquals(await client.set("k", "v"), "STORED");

  await memcached.stop();
  await assertRejects(() => client.get("k", 100), Error, "100 ms passed");
  memcached.resume();
  assertEquals(await client.readThrough("END\r\n"), "VALUE k 0 1\r\nv\r\nEND\r\n");
});

test("MemcachedProcess listens on a Unix path", async () => {
  const folder = mkdtempSync(join(tmpdir(), "magent-"));
  try {
    await using memcached = await MemcachedProcess.start({ path: join(folder, "socket") });
    await using client = await memcached.client();
    assertEquals(await client.set("k", "v"), "STORED");
    assertEquals(memcached.server, `unix:${folder}/socket`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
