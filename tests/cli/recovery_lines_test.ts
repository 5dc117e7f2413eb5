import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { barLines, plainLine } from "../../src/cli/recovery_lines.ts";
import { recoveryRows } from "../../src/cli/recovery_rows.ts";

/** `stats recovery` of some servers, by label. */
function statsOf(servers: Readonly<Record<string, Readonly<Record<string, string | number>>>>) {
  const lines = Object.entries(servers).flatMap(([label, fields]) =>
    Object.entries(fields).map(([name, value]) => `STAT ${label}_${name} ${value}\r\n`)
  );
  return `${lines.join("")}END\r\n`;
}

const RESTORE = {
  ...{ name: "a:1", state: "restoring", restore: "running", restore_keys: 1000 },
  ...{ restore_done: 259, restore_rate: 40, restore_eta: 19 },
};
const ROWS = recoveryRows(statsOf({
  main_1: RESTORE,
  main_2: { name: "host:11211", state: "up", restore: "none" },
  backup_1: { name: "b:1", state: "restoring", restore: "settling" },
}));

test("recoveryRows reads what is told of each server, in its order", () => {
  assertEquals(ROWS.map(({ label, name, state, settling }) => [label, name, state, settling]), [
    ["main_1", "a:1", "restoring", false],
    ["main_2", "host:11211", "up", false],
    ["backup_1", "b:1", "restoring", true],
  ]);
  assertEquals(ROWS.map(({ restore }) => restore), [
    { keys: 1000, done: 259, rate: 40, etaSeconds: 19, waits: "" },
    null,
    null,
  ]);
  assertEquals(recoveryRows("END\r\n"), []);
});

test("barLines draws a bar where something is put back, all in one column", () => {
  assertEquals(
    barLines(ROWS, 200),
    [
      "main_1 a:1 restoring [#####---------------]  25 %  259/1000  40/s  19 s",
      "main_2 host:11211 up",
      "backup_1 b:1 restoring settling",
    ].map((line) => line.replace("main_1 a:1 restoring ", "main_1 a:1 restoring   ")),
  );
});

test("barLines keeps within the terminal", () => {
  assertEquals(barLines(ROWS, 11), ["main_1 a:1 ", "main_2 host", "backup_1 b:"]);
});

test("plainLine says why nothing goes on, and leaves out what is not known", () => {
  const line = (fields: Readonly<Record<string, string | number>>) =>
    recoveryRows(statsOf({ main_1: { ...RESTORE, ...fields } })).map(plainLine)[0];
  assertEquals(line({}), "main_1 a:1 restoring  25 %  259/1000  40/s  19 s");
  assertEquals(line({ restore_eta: "unknown" }), "main_1 a:1 restoring  25 %  259/1000  40/s");
  assertEquals(
    line({ restore: "paused", restore_paused_by: "evictions" }),
    "main_1 a:1 restoring  25 %  259/1000  paused: evictions",
  );
  assertEquals(
    line({ restore: "waiting", restore_waits_for: "b:1" }),
    "main_1 a:1 restoring  25 %  259/1000  waits for b:1",
  );
  assertEquals(line({ restore_keys: 0, restore_done: 0 }).includes("  0 %  0/0"), true);
  assertEquals(line({ restore_done: 1001 }).includes("100 %"), true);
});
