import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { type Config, DEFAULT_CONFIG } from "../../src/config/config.ts";
import { parseServerAddress } from "../../src/config/parse_server_address.ts";
import { workerCount, WORKERS_LIMIT } from "../../src/config/worker_count.ts";

function config(part: Partial<Config>): Config {
  return { ...DEFAULT_CONFIG, mains: [parseServerAddress("a")], ...part };
}

test("workerCount is what was asked for, or one for each core", () => {
  assertEquals(workerCount(config({ workers: 3 }), 8), 3);
  assertEquals(workerCount(config({ workers: "auto" }), 8), 8);
  assertEquals(workerCount(config({ workers: "auto" }), 0), 1);
  assertEquals(workerCount(config({ workers: "auto" }), 1000), WORKERS_LIMIT);
});

test("workerCount is one where there is no port to share", () => {
  assertEquals(workerCount(config({ workers: "auto", listen: null }), 8), 1);
});

test("workerCount is one where a server is in the memory of its thread", () => {
  const backups = [parseServerAddress("embedded")];
  assertEquals(workerCount(config({ workers: "auto", backups }), 8), 1);
});
