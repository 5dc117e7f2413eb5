import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { fitClientLimit } from "../../src/cli/client_limit.ts";
import { type Config, DEFAULT_CONFIG, DEFAULT_LIMITS } from "../../src/config/config.ts";
import { parseServerAddress } from "../../src/config/parse_server_address.ts";

function config(clients: number): Config {
  return {
    ...DEFAULT_CONFIG,
    mains: [parseServerAddress("a"), parseServerAddress("b")],
    backups: [parseServerAddress("c")],
    limits: { ...DEFAULT_LIMITS, clients },
  };
}

/** Clients asked for, descriptors there are, clients given; 124 are kept for the rest. */
const CASES: readonly [number, number | null, number][] = [
  [51200, null, 51200],
  [51200, 1_000_000, 51200],
  [51200, 1024, 900],
  [900, 1024, 900],
  [901, 1024, 900],
  [51200, 200, 100],
  [51200, 1, 1],
];

test("fitClientLimit keeps connections to servers for every worker", () => {
  const asked = { ...config(51200), workers: 4 };
  assertEquals(fitClientLimit(asked, 1024, 1).config.limits.clients, 720);
  assertEquals(fitClientLimit({ ...asked, workers: "auto" }, 1024, 2).config.limits.clients, 840);
});

for (const [asked, descriptors, given] of CASES) {
  test(`fitClientLimit makes ${given} of ${asked} with ${descriptors} descriptors`, () => {
    const fitted = fitClientLimit(config(asked), descriptors, 1);
    assertEquals(fitted.config, config(given));
    assertEquals(
      fitted.warning,
      asked === given
        ? null
        : `"-n" is lowered from ${asked} to ${given}: this process may open ${descriptors} files`,
    );
  });
}
