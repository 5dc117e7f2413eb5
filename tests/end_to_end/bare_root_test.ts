/**
 * The Bun executable where there is nothing but libc: no runtime, no shell, no environment.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { hostTarget } from "../../scripts/compiling/compile_target.ts";
import { VERSION } from "../../src/version.ts";
import { BareRoot, noBareRoot } from "../support/bare_root.ts";
import { Child } from "../support/child.ts";
import { Compiled } from "../support/compiled.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";

const TIME_MS = 180_000;
const TOUR_MS = 90_000;
const reason = noBareRoot();
if (reason !== null) console.log(`bare_root_test.ts: skipped: ${reason}`);

/** Runs a command line in it to its end. */
async function run(
  root: BareRoot,
  args: readonly string[],
  timeoutMs = 20_000,
): Promise<{ status: number | null; text: string }> {
  const [command, ...before] = root.command;
  const child = new Child(command, [...before, ...args]);
  try {
    return { status: await child.exit(timeoutMs), text: child.output };
  } finally {
    await child.kill();
  }
}

/** The guide: two mains and a backup, the mains die, both keys are read on. */
async function playGuide(root: BareRoot): Promise<void> {
  await using first = await MemcachedProcess.start();
  await using second = await MemcachedProcess.start();
  await using backup = await MemcachedProcess.start();
  await using proxy = await MagentProcess.start({
    mains: [first.server, second.server],
    backups: [backup.server],
    args: ["-n", "51200", "--replication", "sync"],
    command: root.command,
  });
  await using client = await proxy.client();
  for (const key of ["key1", "key2"]) assertEquals(await client.set(key, "lx123"), "STORED");
  for (const [server, key, other] of [[second, "key1", "key2"], [first, "key2", "key1"]] as const) {
    await using direct = await server.client();
    assertEquals(await direct.get(key), "lx123");
    assertEquals(await direct.ask(`get ${other}\r\n`), "END\r\n");
  }
  await first.kill();
  await second.kill();
  for (const key of ["key1", "key2"]) assertEquals(await client.get(key), "lx123");
  assertEquals(await proxy.end("SIGTERM"), 0);
}

test("The Bun executable runs the guide and the tour in a root without anything else", {
  timeout: TIME_MS,
  skip: reason ?? false,
}, async () => {
  using compiled = new Compiled(["--bun", "--target", "host"]);
  assertEquals(compiled.status, 0, compiled.stderr);
  using root = new BareRoot(compiled.path(`magent-${VERSION}-${hostTarget()?.name}`));
  const version = await run(root, ["--version"]);
  assertEquals(version.status, 0, version.text);
  assertStringIncludes(version.text, `magent ${VERSION} (bun `);
  await playGuide(root);
  const tour = await run(root, ["demo", "--tour"], TOUR_MS);
  assertEquals(tour.status, 0, tour.text);
  assertStringIncludes(tour.text, "no read missed");
});
