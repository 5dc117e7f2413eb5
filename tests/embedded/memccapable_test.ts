/** libmemcached's conformance test of both protocols, directly with the embedded server. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Child } from "../support/child.ts";
import { EmbeddedPort } from "../support/embedded_port.ts";

const TIME_MS = 60_000;
/** How many tests it has of each protocol. */
const TESTS = { "-a": 27, "-b": 27 };

for (const [flag, count] of Object.entries(TESTS)) {
  test(`memccapable ${flag} passes`, { timeout: TIME_MS + 10_000 }, async () => {
    await using server = await EmbeddedPort.start();
    const child = new Child("memccapable", [flag, "-h", "127.0.0.1", "-p", `${server.port}`]);
    const status = await child.exit(TIME_MS);
    const results = [...child.output.matchAll(/(ascii|binary) ([a-z ]+?) +[^[]*\[(\w+)\]/g)];
    assertEquals(results.filter(([, , , result]) => result !== "pass").map(([text]) => text), []);
    assertEquals(results.length, count);
    assertEquals(status, 0, child.output);
  });
}
