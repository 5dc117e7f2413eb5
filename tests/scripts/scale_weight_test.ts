/** What a connection to a server weighs, measured with a proxy that weighs itself. */

import { assert } from "@std/assert";
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { startMemcachedFarm } from "../../scripts/benchmark/memcached_farm.ts";
import { ProcessCrew } from "../../scripts/benchmark/process_crew.ts";
import { weighConnections } from "../../scripts/scale_run/weigh_connections.ts";

const missing = ["memcached", "taskset"].find((name) =>
  spawnSync(name, ["-V"]).error !== undefined
);

test("weighConnections tells a connection's bytes from the noise of the heap", async () => {
  if (missing !== undefined) return console.log(`skipped: ${missing} is not on PATH`);
  const crew = new ProcessCrew();
  try {
    const core = cpus().length - 1;
    const farm = await startMemcachedFarm(crew, { core, mains: 4, backups: 0, workloads: [] });
    const flags = "Deno" in globalThis ? ["-A", "--no-check", "--v8-flags=--expose-gc"] : [];
    const start = [process.execPath, "run", ...flags];
    const { heap } = await weighConnections({ crew, core, farm, start }, 16);
    // Some 12 KB on Bun and 18 KB on Deno: two empty output buffers, rings, a read buffer.
    assert(heap > 2 << 10 && heap < 64 << 10, `${heap} bytes per connection`);
  } finally {
    await crew.close();
  }
});
