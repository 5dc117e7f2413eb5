/** libmemcached's conformance test of both protocols, directly with the embedded server. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { EmbeddedPort } from "../support/embedded_port.ts";
import {
  BINARY_TESTS,
  MEMCCAPABLE_MS,
  runMemccapable,
  TEXT_TESTS,
} from "../support/memccapable.ts";

const TESTS = { "-a": TEXT_TESTS, "-b": BINARY_TESTS };

for (const [flag, count] of Object.entries(TESTS)) {
  test(`memccapable ${flag} passes`, { timeout: MEMCCAPABLE_MS + 10_000 }, async () => {
    await using server = await EmbeddedPort.start();
    const { passed, failed } = await runMemccapable(server.port, [flag]);
    assertEquals(failed, []);
    assertEquals(passed.length, count);
  });
}
