import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { judge } from "../../scripts/chaos_run/chaos_report.ts";
import type { Operation } from "../support/history.ts";
import type { Violation } from "../support/history_check.ts";

/** A read that began so long after the newest change had been acknowledged, ms. */
function staleRead(newestEndMs: number, readMs: number): Violation {
  const operation = (startMs: number, endMs: number) => ({ startMs, endMs } as Operation);
  return {
    fault: "stale",
    operation: operation(readMs, readMs + 1),
    newest: operation(newestEndMs - 2, newestEndMs),
    told: null,
  };
}

function excused(violation: Violation, breaksMs: readonly number[]): boolean {
  const { broken, excused } = judge([violation], breaksMs, "async");
  assertEquals(broken.length + excused.length, 1);
  return excused.length === 1;
}

test("The judge of chaos excuses with async what a fault may have kept from being copied", () => {
  assertEquals(excused(staleRead(5000, 9000), [5500]), true);
  assertEquals(excused(staleRead(5000, 9000), [4000]), false);
  assertEquals(excused(staleRead(5000, 9000), [6500]), false);
});

test("The judge of chaos excuses with async a copy that is a moment behind, soon after a fault", () => {
  assertEquals(excused(staleRead(5000, 5900), [1000]), true);
  assertEquals(excused(staleRead(15_000, 15_900), [1000]), false);
  assertEquals(excused(staleRead(5000, 6100), [1000]), false);
  assertEquals(excused(staleRead(5000, 5900), [6500]), false);
});

test("The judge of chaos excuses nothing with sync", () => {
  const one = staleRead(5000, 5100);
  assertEquals(judge([one], [4000], "sync"), { broken: [one], excused: [] });
});
