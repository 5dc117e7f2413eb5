import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { LogFile } from "../../src/log/log_file.ts";

class FakeTarget {
  text = "";
  closed = 0;
  write(text: string): void {
    this.text += text;
  }
  close(): void {
    this.closed++;
  }
}

test("LogFile writes to the file that was opened last", () => {
  const targets: FakeTarget[] = [];
  const file = new LogFile(() => {
    targets.push(new FakeTarget());
    return targets[targets.length - 1];
  });
  file.write("a\n");
  file.reopen();
  file.write("b\n");
  assertEquals(targets.map((target) => [target.text, target.closed]), [["a\n", 1], ["b\n", 0]]);
});

test("LogFile keeps the old file when the path cannot be opened again", () => {
  const target = new FakeTarget();
  let opens = 0;
  const file = new LogFile(() => {
    opens++;
    if (opens > 1) throw new Error("permission denied");
    return target;
  });
  assertThrows(() => file.reopen(), Error, "permission denied");
  file.write("still here\n");
  assertEquals([target.text, target.closed], ["still here\n", 0]);
});

test("LogFile does nothing after close", () => {
  const target = new FakeTarget();
  let opens = 0;
  const file = new LogFile(() => {
    opens++;
    return target;
  });
  file.close();
  file.close();
  file.reopen();
  file.write("late\n");
  assertEquals([target.text, target.closed, opens], ["", 1, 1]);
});
