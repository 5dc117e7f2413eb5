import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { VERSION } from "../src/version.ts";

/** Reads the version field of a JSON file in the project's root. */
function versionIn(file: string): string {
  return JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8")).version;
}

test("VERSION is the one of deno.json and package.json", () => {
  assertEquals(versionIn("deno.json"), VERSION);
  assertEquals(versionIn("package.json"), VERSION);
});
