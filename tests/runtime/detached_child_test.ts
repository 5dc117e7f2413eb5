/**
 * A program that puts itself into the background, signals, and giving up root: in processes
 * of their own.
 */

import { test } from "node:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { Child } from "../support/child.ts";
import { poll } from "../support/deadline.ts";

const PROGRAM = fileURLToPath(new URL("./fixtures/detached_program.ts", import.meta.url));

function program(...args: string[]): Child {
  const before = process.versions.bun === undefined ? ["run", "-A", "--no-check"] : ["run"];
  return new Child(process.execPath, [...before, PROGRAM, ...args]);
}

/** Runs the program to its end; gives what it printed. */
async function outputOf(...args: string[]): Promise<string> {
  const child = program(...args);
  try {
    await child.exit();
    return child.output;
  } finally {
    await child.kill();
  }
}

function sessionOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ")[3]);
}

test("spawnSelfDetached starts a child that outlives its parent and the pipe to it", {
  skip: process.platform !== "linux",
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "magent-"));
  const notes = join(folder, "notes");
  const { pid, line } = JSON.parse(await outputOf("parent", notes, "child"));
  try {
    assertEquals(line, "ready handed over");
    assertEquals(sessionOf(pid), pid);
    process.kill(pid, "SIGHUP");
    await poll(() => readFileSync(notes, "utf8") === "hangup\n" || null, 5000, "first note");
  } finally {
    process.kill(pid, "SIGTERM");
  }
  await poll(() => readFileSync(notes, "utf8") === "hangup\nend\n" || null, 5000, "last note");
  rmSync(folder, { recursive: true });
});

test("spawnSelfDetached hands over the first line and the status of a child that fails", async () => {
  const { line, status } = JSON.parse(await outputOf("parent", "-", "failing"));
  assertEquals({ line, status }, { line: "cannot start", status: 3 });
});

test("spawnSelfDetached tells of a child that ends without a word", async () => {
  const { line, status } = JSON.parse(await outputOf("parent", "-", "silent"));
  assertEquals({ line, status }, { line: null, status: 4 });
});

test("becomeUser gives up root and its groups", {
  skip: process.platform !== "linux" || process.getuid?.() !== 0,
}, async () => {
  const status = await outputOf("become", "daemon");
  assertMatch(status, /^Uid:\s+1\s+1\s+1\s+1$/m);
  assertMatch(status, /^Gid:\s+1\s+1\s+1\s+1$/m);
  assertMatch(status, /^Groups:\s+1\s*$/m);
});

test("becomeUser takes a number that the system does not know", {
  skip: process.platform !== "linux" || process.getuid?.() !== 0,
}, async () => {
  const status = await outputOf("become", "4000000");
  assertMatch(status, /^Uid:\s+4000000\s/m);
  assertMatch(status, /^Groups:\s+4000000\s*$/m);
});
