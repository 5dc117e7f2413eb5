/**
 * Client libraries that people use, through the proxy. Their scripts check every answer.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Child } from "../support/child.ts";
import { Farm } from "../support/farm.ts";

const TIME_MS = 60_000;

for (const library of ["pylibmc", "pymemcache"]) {
  for (const meta of [true, false]) {
    const servers = meta ? "two mains and a backup" : "servers without meta commands";

    test(`${library} works with ${servers}`, { timeout: TIME_MS + 30_000 }, async () => {
      await using farm = await Farm.start({ mains: 2, backups: 1, meta });
      const script = new URL(`./python/${library}_client.py`, import.meta.url);
      // Debian's python, because its packages hold the libraries.
      const child = new Child("/usr/bin/python3", [fileURLToPath(script), `${farm.proxy.port}`]);
      const status = await child.exit(TIME_MS);
      assertEquals(status, 0, child.output);
    });
  }
}
