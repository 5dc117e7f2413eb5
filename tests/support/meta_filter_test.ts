import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { MemcachedProcess } from "./memcached_process.ts";
import { MetaFilter } from "./meta_filter.ts";
import { TextClient } from "./text_client.ts";

test("MetaFilter answers ERROR to meta commands, in order, and passes the rest", async () => {
  await using memcached = await MemcachedProcess.start();
  await using filter = await MetaFilter.start(memcached.port);
  await using client = await TextClient.connect(filter);
  const commands = "set k 0 0 3\r\nabc\r\nmg k v\r\nget k\r\nmn\r\nms k 1\r\nincr n 1\r\n";
  const replies = "STORED\r\nERROR\r\nVALUE k 0 3\r\nabc\r\nEND\r\nERROR\r\nERROR\r\nNOT_FOUND\r\n";

  client.send(commands);
  assertEquals(await client.readBytes(replies.length), replies);
  assertEquals(filter.refused, 3);
});

test("MetaFilter does not take a value for a command, wherever chunks are cut", async () => {
  await using memcached = await MemcachedProcess.start();
  await using filter = await MetaFilter.start(memcached.port);
  await using client = await TextClient.connect(filter);

  for (const byte of "set k 0 0 8\r\nmn\r\nmn\r\n\r\nmn\r\n") {
    client.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assertEquals(await client.readBytes("STORED\r\nERROR\r\n".length), "STORED\r\nERROR\r\n");
  assertEquals(await client.get("k"), "mn\r\nmn\r\n");
});
