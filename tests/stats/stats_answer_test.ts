import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { parseStatsAnswer } from "../../src/stats/stats_answer.ts";

test("parseStatsAnswer reads names and values in their order", () => {
  const text = "STAT b 1\r\nSTAT a two words\r\nSTAT items:1:age 0\r\nSTAT empty \r\nEND\r\n";
  assertEquals([...parseStatsAnswer(text)!], [
    ["b", "1"],
    ["a", "two words"],
    ["items:1:age", "0"],
    ["empty", ""],
  ]);
});

test("parseStatsAnswer reads an answer of nothing", () => {
  assertEquals(parseStatsAnswer("END\r\n")?.size, 0);
});

for (
  const text of [
    "",
    "ERROR\r\n",
    "STAT a 1\r\n",
    "STAT a 1\r\nEND",
    "STAT\r\nEND\r\n",
    "x\r\nEND\r\n",
  ]
) {
  test(`parseStatsAnswer takes ${JSON.stringify(text)} for no answer`, () => {
    assertEquals(parseStatsAnswer(text), null);
  });
}
