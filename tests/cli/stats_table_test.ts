import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { statsTable } from "../../src/cli/stats_table.ts";

test("statsTable puts servers side by side and thousands apart", () => {
  const answer = [
    "STAT memcached agent v1.0.0",
    "STAT matrix 1 -> a:1, pool size 1",
    "STAT pid 12345",
    "STAT main_1_name a:1",
    "STAT main_1_requests 1234567",
    "STAT backup_1_name b:22",
    "STAT cmd_get 1234567",
    "STAT version 1.0.0",
    "STAT odd ",
    "END",
    "",
  ].join("\r\n");
  assertEquals(statsTable(answer), [
    "memcached agent v1.0.0",
    "matrix 1 -> a:1, pool size 1",
    "",
    "SERVER    main_1     backup_1",
    "name      a:1        b:22",
    "requests  1,234,567",
    "",
    "pid          12345",
    "cmd_get  1,234,567",
    "version      1.0.0",
    "odd",
  ]);
});

test("statsTable is empty for an answer without lines", () => {
  assertEquals(statsTable("END\r\n"), []);
});
