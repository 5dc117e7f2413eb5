/**
 * The process facilities, on the runtime that runs the test.
 */

import { test } from "node:test";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import nodeProcess from "node:process";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { runtimeHere } from "../../src/runtime/runtime_here.ts";

const runtime = await runtimeHere();
const { process } = runtime;
const isLinux = nodeProcess.platform === "linux";
const isRoot = nodeProcess.getuid?.() === 0;

function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "magent-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("runtimeHere picks the runtime that runs it", () => {
  const { deno, bun } = nodeProcess.versions as Record<string, string | undefined>;
  assertEquals(runtime.name, bun === undefined ? "deno" : "bun");
  assertEquals(runtime.version, bun ?? deno);
});

test("ProcessFacilities reads and writes text files", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "file");
  process.writeTextFile(path, "text");
  assertEquals(process.readTextFile(path), "text");
  process.removeFile(path);
  assertThrows(() => process.readTextFile(path));
  process.removeFile(path);
});

test("ProcessFacilities makes a folder with its parents", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "parent", "child");
  process.makeFolder(path);
  process.makeFolder(path);
  assert(statSync(path).isDirectory());
});

test("ProcessFacilities appends to a file and keeps what is there", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "log");
  writeFileSync(path, "one\n");
  const file = process.openAppend(path);

  file.write("two\n");
  file.write("three\n");
  assertEquals(readFileSync(path, "utf8"), "one\ntwo\nthree\n");

  file.close();
  file.close();
  file.write("after the end");
  assertEquals(readFileSync(path, "utf8"), "one\ntwo\nthree\n");
});

test("ProcessFacilities swallows what an append file cannot write", {
  skip: !isLinux,
}, () => {
  const file = process.openAppend("/dev/full");
  file.write("no room");
  file.close();
});

test("ProcessFacilities throws when an append file cannot be opened", () => {
  using folder = temporaryFolder();
  assertThrows(() => process.openAppend(join(folder.path, "missing", "log")));
});

test("ProcessFacilities tells what is at a path", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "socket");
  assertEquals(process.fileKind(path), "missing");
  const listener = await runtime.listen({ transport: "unix", path }, () => {});
  assertEquals(process.fileKind(path), "socket");
  const link = join(folder.path, "link");
  symlinkSync(path, link);
  assertEquals(process.fileKind(link), "other");
  assertEquals(process.fileKind(folder.path), "other");
  listener.close();
});

test("ProcessFacilities changes mode and owner", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "file");
  writeFileSync(path, "");
  process.changeMode(path, 0o604);
  process.changeOwner(path, process.userId(), nodeProcess.getgid!());
  assertEquals(statSync(path).mode & 0o777, 0o604);
  assertEquals(statSync(path).uid, process.userId());
});

test("ProcessFacilities looks up users by name and by number", () => {
  const root = { userId: 0, groupId: 0, name: "root" };
  assertEquals(process.lookUpUser("root"), root);
  assertEquals(process.lookUpUser("0"), root);
  assertEquals(process.lookUpUser("no-such-user"), null);
  assertEquals(process.lookUpUser("4000000"), {
    userId: 4000000,
    groupId: 4000000,
    name: "4000000",
  });
});

test("ProcessFacilities looks up groups by name and by number", () => {
  assertEquals(process.lookUpGroup("daemon"), 1);
  assertEquals(process.lookUpGroup("17"), 17);
  assertEquals(process.lookUpGroup("no-such-group"), null);
});

test("ProcessFacilities does not become another user without being root", {
  skip: isRoot,
}, () => {
  assertThrows(() => process.becomeUser({ userId: 0, groupId: 0, name: "root" }));
});

test("ProcessFacilities tells the limit of open files", { skip: !isLinux }, () => {
  const limit = process.descriptorLimit();
  assert(limit !== null && limit >= 64, `${limit}`);
});

test("ProcessFacilities tells who and what this process is", () => {
  assertEquals(process.pid, nodeProcess.pid);
  assertEquals(process.userId(), nodeProcess.getuid!());
  assertEquals(process.env("PATH"), nodeProcess.env.PATH);
  assertEquals(process.env("MAGENT_NO_SUCH_VARIABLE"), undefined);
});

test("ProcessFacilities measures CPU time and memory", () => {
  const before = process.cpuMicros();
  const end = performance.now() + 30;
  while (performance.now() < end);
  const after = process.cpuMicros();
  assert(after.user + after.system > before.user + before.system);
  assert(process.memoryBytes() > 1024 * 1024);
});
