import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { PidFile } from "../../src/cli/pid_file.ts";
import { FakeProcess } from "./fake_runtime.ts";

function start(before: string | null): { process: FakeProcess; file: PidFile } {
  const process = new FakeProcess();
  if (before !== null) process.put("/p", before);
  return { process, file: new PidFile(process, "/p") };
}

for (const before of [null, "", "999\n", "4711\n", "rubbish", "-1"]) {
  test(`PidFile writes over ${JSON.stringify(before)} without a word`, () => {
    const { process, file } = start(before);
    process.put("/proc/4711");
    assertEquals(file.write(), null);
    assertEquals(process.readTextFile("/p"), "4711\n");
  });
}

test("PidFile warns when it overwrites the id of a process that lives", () => {
  const { process, file } = start("999\n");
  process.put("/proc/999");
  assertEquals(
    file.write(),
    'pid file "/p" named process 999, which still runs: overwritten',
  );
  assertEquals(process.readTextFile("/p"), "4711\n");
});

test("PidFile removes its file", () => {
  const { process, file } = start(null);
  file.write();
  file.remove();
  file.remove();
  assertEquals(process.fileKind("/p"), "missing");
});

test("PidFile leaves the file of a successor", () => {
  const { process, file } = start(null);
  file.write();
  process.writeTextFile("/p", "4712\n");
  file.remove();
  assertEquals(process.readTextFile("/p"), "4712\n");
});

test("PidFile empties a file that it may not remove", () => {
  const { process, file } = start(null);
  file.write();
  process.removeFile = () => {
    throw new Error("permission denied");
  };
  file.remove();
  assertEquals(process.readTextFile("/p"), "");
});
