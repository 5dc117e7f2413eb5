/** Pauses of garbage collectors, read from what the runtimes print. */

import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { pauseTexts } from "../../scripts/benchmark/pause_table.ts";
import { PAUSE_TRACES, readPauses } from "../../scripts/benchmark/pause_trace.ts";

const V8 =
  `[1:0x5]     3572 ms: Incremental Mark-Compact 10.0 (24.1) -> 9.6 (24.1) MB, pooled: 2.2 MB, \
2.43 / 0.00 ms (+ 34.3 ms in 78 steps since start of marking, biggest step 7.0 ms) (average mu = 0.8)
2026-11-22T14:35:48.298Z info magent 1.0.0, process 1, listening on 127.0.0.1:46229
[1:0x5]     3812 ms: Scavenge 16.3 (24.1) -> 10.0 (24.1) MB, pooled: 2.2 MB, 9.84 / 0.00 ms (average)
`;

const JSC = `[GC<0x4b>: starting 0.037ms]
[GC<0x4b>: START M 7470kb => EdenCollection, a=0kb hf=0.000 mu=0.600 p=1.140097ms (max 1.140097)...]
[GC<0x4b>: M a=153kb hf=0.047 mu=0.572 p=0.651880ms (max 1.140097)...]
`;

test("readPauses takes the pauses of V8, not its steps between them", () => {
  assertEquals(readPauses("deno", V8), [2.43, 9.84]);
});

test("readPauses takes every pause of JavaScriptCore once", () => {
  assertEquals(readPauses("bun", JSC), [1.140097, 0.65188]);
});

test("readPauses understands what this runtime prints", () => {
  const garbage = "for (let i = 0; i < 1e5; i++) globalThis.kept = new Array(1000).fill(i)";
  const runtime = "Deno" in globalThis ? "deno" : "bun";
  const start = [process.execPath, runtime === "deno" ? "eval" : "-e", garbage];
  const [program, ...args] = PAUSE_TRACES[runtime].command(start);
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  const pauses = readPauses(runtime, `${stdout}${stderr}`);
  assert(pauses.length > 0, `${stdout}${stderr}`);
  assert(pauses.every((pause) => pause >= 0), String(pauses));
});

test("pauseTexts says how many, how long and how much of the time", () => {
  const pauses = [4, 1, 2, 3];
  const of = { requests: 20_000, seconds: 2 };
  assertEquals(pauseTexts(pauses, of), ["2.0", "2.0", "2.00", "4.00", "4.00", "0.5", ""]);
  assertEquals(pauseTexts([], of), ["0", "0", "", "", "", "0.0", ""]);
});
