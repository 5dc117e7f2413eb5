/** libmemcached's conformance test of the text and the binary protocol. */

import { assertEquals } from "@std/assert";
import { Child } from "./child.ts";

/** Tests that it has of each protocol. */
export const TEXT_TESTS = 27;
export const BINARY_TESTS = 27;

/** Longest that it may take, ms. */
export const MEMCCAPABLE_MS = 60_000;

/** The names of the tests that passed, and of the others; as "binary set". */
export interface Conformance {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

/** Runs it against whoever listens on a port; `args` choose among its tests. */
export async function runMemccapable(
  port: number,
  args: readonly string[] = [],
): Promise<Conformance> {
  // It writes names and some of the results to different streams: one pipe keeps their order.
  const line = ["-c", 'exec memccapable "$@" 2>&1', "sh", ...args];
  const child = new Child("sh", [...line, "-h", "127.0.0.1", "-p", `${port}`]);
  const status = await child.exit(MEMCCAPABLE_MS);
  // The last result may stand on a line of its own, behind the summary.
  const results = [...child.output.matchAll(/(ascii|binary) ([a-z ]+?) +[^[]*\[(\w+)\]/g)];
  const named = (passes: boolean) =>
    results.filter(([, , , result]) => (result === "pass") === passes)
      .map(([, protocol, name]) => `${protocol} ${name}`);
  assertEquals(status === 0, named(false).length === 0, child.output);
  return { passed: named(true), failed: named(false) };
}
