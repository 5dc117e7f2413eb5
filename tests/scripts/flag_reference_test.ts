import { assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { withFlags } from "../../scripts/flag_reference.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

test("the README has the flags of now: deno run -A scripts/flag_reference.ts --write", () => {
  assertEquals(README, withFlags(README));
});

test("flags that are stale, or missing, are found", () => {
  const stale = README.replace("  -p, --port PORT", "  -p, --prot PORT");
  assertEquals(stale === withFlags(stale), false);
  assertThrows(() => withFlags("# magent\n"), Error, "Cannot find the markers");
});
