/** The command line of the memory measurement. */

import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  parseScaleOptions,
  SCALE_HELP,
  ScaleOptionsError,
} from "../../scripts/scale_run/scale_options.ts";

test("parseScaleOptions has defaults for everything", () => {
  const defaults = { clients: 10_000, servers: 64, connections: 8, active: 1000, seconds: 5 };
  assertEquals(parseScaleOptions([]), defaults);
});

test("parseScaleOptions reads every flag", () => {
  const line = "--clients 1 --servers 2 --connections 3 --active 4 --seconds 6";
  const options = { clients: 1, servers: 2, connections: 3, active: 4, seconds: 6 };
  assertEquals(parseScaleOptions(line.split(" ")), options);
});

test("parseScaleOptions gives null for --help, which names every flag", () => {
  assertEquals(parseScaleOptions(["--help"]), null);
  for (const flag of ["clients", "servers", "connections", "active", "seconds"]) {
    assertEquals(SCALE_HELP.includes(`--${flag} N`), true, flag);
  }
});

for (const line of ["--servers 1", "--connections 1", "--active 4001", "--seconds x", "--many"]) {
  test(`parseScaleOptions rejects ${line}`, () => {
    assertThrows(() => parseScaleOptions(line.split(" ")), ScaleOptionsError, line.split(" ")[0]);
  });
}
