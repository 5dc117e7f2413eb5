import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { RestoringRead } from "../../src/recovery/restoring_read.ts";
import { FakeDestination, hitOf } from "../support/fake_destination.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";

/** A read of `k` at a main that is being restored, and its backup. */
class Stage {
  readonly main = new FakeDestination("main");
  readonly backup = new FakeDestination("backup");
  readonly sink = new RecordingSink();
  readonly found: string[] = [];
  readonly read: RestoringRead;

  constructor(line: string, { known = false } = {}) {
    this.read = new RestoringRead(parsedRequest(line).retain(), this.sink, {
      copies: { main: this.main, backup: this.backup },
      repair: { found: (key) => this.found.push(key.keyText()), knows: () => known },
    });
  }
}

test("RestoringRead asks the copy for what the main lacks, and has it put back", () => {
  const stage = new Stage("get k\r\n");
  stage.read.start();
  stage.main.answer("EN");
  assertEquals(stage.backup.received, ["get k\r\n"]);
  stage.backup.answerWith(hitOf("v"));
  assertEquals([stage.sink.status, stage.found], ["Hit", ["k"]]);
});

test("RestoringRead believes the main that a key is nowhere, once that is known", () => {
  for (const line of ["get k\r\n", "mg k v\r\n"]) {
    for (const alone of [true, false]) {
      const stage = new Stage(line, { known: true });
      if (alone) stage.read.startAlone();
      else stage.read.start();
      stage.main.answer("EN");
      assertEquals([stage.sink.status, stage.backup.received], ["Miss", []]);
    }
  }
});

test("RestoringRead takes no placeholder for a miss that is known", () => {
  const stage = new Stage("get k\r\n", { known: true });
  stage.read.start();
  stage.main.answerWith(hitOf(""));
  const placeholder = hitOf("");
  placeholder.taken = true;
  stage.main.answerWith(placeholder);
  stage.backup.answer("END");
  assertEquals([stage.backup.received, stage.sink.status], [["get k\r\n"], "Miss"]);
});

test("RestoringRead alone tells of no miss that may be none", () => {
  const stage = new Stage("get k\r\n");
  stage.read.startAlone();
  stage.main.answer("EN");
  assertEquals([stage.sink.status, stage.sink.failure], ["Failed", "recovering"]);
});

test("RestoringRead asks in the words of the client, and in meta only for an empty value", () => {
  const full = new Stage("get k\r\n");
  full.read.start();
  full.main.answerWith(hitOf("v"));
  assertEquals([full.main.received, full.sink.status], [["get k\r\n"], "Hit"]);
  const empty = new Stage("get k\r\n");
  empty.read.start();
  empty.main.answerWith(hitOf(""));
  assertEquals([empty.main.received.length, empty.sink.answered], [2, false]);
  empty.main.answerWith(hitOf(""));
  assertEquals([empty.sink.status, empty.backup.received], ["Hit", []]);
});

test("RestoringRead has a value in parts put back when all of it has come", () => {
  for (const complete of [true, false]) {
    const stage = new Stage("get k\r\n");
    stage.read.start();
    stage.main.answer("EN");
    const { sink } = stage.backup.take();
    sink.begin(hitOf("value"));
    sink.part(new TextEncoder().encode("value\r\n"), 0, 7);
    assertEquals(stage.found, []);
    sink.end(complete);
    assertEquals(stage.found, complete ? ["k"] : []);
    assertEquals(stage.sink.calls.at(-1), complete ? "end" : "broken");
  }
});

test("RestoringRead has nothing put back that the main has in parts", () => {
  const stage = new Stage("get k\r\n");
  stage.read.start();
  const { sink } = stage.main.take();
  sink.begin(hitOf("value"));
  sink.end(true);
  assertEquals([stage.found, stage.backup.received], [[], []]);
});
