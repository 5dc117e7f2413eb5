/**
 * What the README says that clients hear and that the log says is what the code says.
 */

import { assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const SOURCE = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(join(ROOT, "src", path), "utf8")).join("\n");
/** Words of memcached itself, which pass through. */
const OF_MEMCACHED = ["SERVER_ERROR out of memory storing object"];

/** The quoted words of the first column of the table under a heading. */
function quoted(heading: string): string[] {
  const section = README.split(`### ${heading}\n`)[1].split("\n#")[0];
  return section.split("\n").filter((line) => line.startsWith("| "))
    .flatMap((line) => [...line.split(" | ")[0].matchAll(/`([^`]+)`/g)].map(([, words]) => words));
}

for (const heading of ["What clients are told", "What the log says"]) {
  test(`README: ${heading}: in words of the code`, () => {
    const all = quoted(heading);
    assertEquals(all.length >= 8, true, all.join(", "));
    for (const words of all) {
      if (OF_MEMCACHED.includes(words)) continue;
      // NAME, the reason and dots stand for what differs.
      const parts = words.split(/NAME(?:: reason)?|…|: reason|(?<=^SERVER_ERROR) (?=BACK|NO )/)
        .map((part) => part.replace(/^[\s:]+|[\s:]+$/g, "")).filter((part) => part !== "");
      for (const part of parts) assertEquals(SOURCE.includes(part), true, `${words}: ${part}`);
    }
  });
}
