import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { workerCount, WORKERS_LIMIT } from "../../src/config/worker_count.ts";

const LISTEN = { hostname: "127.0.0.1", port: 0 };

test("workerCount is what was asked for, or one for each core", () => {
  assertEquals(workerCount({ workers: 3, listen: LISTEN }, 8), 3);
  assertEquals(workerCount({ workers: "auto", listen: LISTEN }, 8), 8);
  assertEquals(workerCount({ workers: "auto", listen: LISTEN }, 0), 1);
  assertEquals(workerCount({ workers: "auto", listen: LISTEN }, 1000), WORKERS_LIMIT);
});

test("workerCount is one where there is no port to share", () => {
  assertEquals(workerCount({ workers: "auto", listen: null }, 8), 1);
});
