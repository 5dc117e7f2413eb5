import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { failedReply, Reply, ReplyStatus } from "../../src/message/reply.ts";
import { ParallelChange, standing } from "../../src/route/parallel_change.ts";
import { FakeDestination, replyOf } from "../support/fake_destination.ts";
import { RecordingSink } from "../support/recording_sink.ts";

const missed = { missed() {} };

type Outcome = "ok" | "error" | "away" | "in doubt";

/** The reply of one copy; the name of the copy is in it. */
function outcome(kind: Outcome, copy: string): Reply {
  if (kind === "ok") return Reply.fixed(ReplyStatus.Ok, copy);
  if (kind === "error") return Reply.fixed(ReplyStatus.ServerError, copy);
  const failure = failedReply("connection lost", copy, kind === "in doubt");
  return Reply.fixed(ReplyStatus.Failed, copy, failure.failure);
}

// An error that a server answered is a confirmation. `main` and `backup`: whose answer it is.
const TABLE: readonly (readonly [main: Outcome, backup: Outcome, answer: string])[] = [
  ["ok", "ok", "main"],
  ["ok", "error", "main"],
  ["ok", "away", "main"],
  ["ok", "in doubt", "main"],
  ["error", "ok", "main"],
  ["error", "error", "main"],
  ["error", "away", "main"],
  ["error", "in doubt", "main"],
  ["away", "ok", "backup"],
  ["away", "error", "backup"],
  ["away", "away", "main"],
  ["away", "in doubt", "main"],
  ["in doubt", "ok", "backup"],
  ["in doubt", "error", "backup"],
  ["in doubt", "away", "main"],
  ["in doubt", "in doubt", "main"],
];

for (const sync of [false, true]) {
  for (const mainFirst of [true, false]) {
    const order = mainFirst ? "main first" : "backup first";
    test(`ParallelChange answers by its table: ${sync ? "sync" : "async"}, ${order}`, () => {
      for (const [main, backup, answer] of TABLE) {
        const sink = new RecordingSink();
        const change = new ParallelChange(sink, { sync, recovery: null, missed });
        const byMain = () => change.main.reply(outcome(main, "main"));
        const byBackup = () => change.backup.reply(outcome(backup, "backup"));
        const what = `main ${main}, backup ${backup}`;

        (mainFirst ? byMain : byBackup)();
        const mainDecides = main === "ok" || main === "error";
        assertEquals(sink.answered, mainFirst && mainDecides && !sync, `${what}, first`);
        (mainFirst ? byBackup : byMain)();

        assertEquals(sink.text, answer, what);
        assertEquals(sink.calls.length, 1, what);
      }
    });
  }
}

test("ParallelChange keeps a borrowed reply until the other copy has answered", () => {
  const sink = new RecordingSink();
  const change = new ParallelChange(sink, { sync: true, recovery: null, missed });
  const reply = replyOf("SERVER_ERROR out of memory storing object");
  change.main.reply(reply);
  reply.bytes.fill(0x3f);
  change.backup.reply(replyOf("STORED"));
  assertEquals(sink.text, "SERVER_ERROR out of memory storing object\r\n");
});

test("standing gives what outlives its chunk, with the same text and status", () => {
  const lines = ["STORED", "DELETED", "NOT_FOUND", "TOUCHED", "EXISTS", "12  ", "ERROR"];
  for (const line of lines) {
    const borrowed = replyOf(line);
    const kept = standing(borrowed);
    borrowed.bytes.fill(0x3f);
    const sink = new RecordingSink();
    sink.reply(kept);
    assertEquals(sink.text, `${line}\r\n`);
    assertEquals(kept.status, replyOf(line).status);
  }
});

test("standing keeps what a meta answer tells", () => {
  const reply = Reply.fixed(ReplyStatus.Stored, "HD c5 O7\r\n");
  reply.meta = true;
  const sink = new RecordingSink();
  sink.reply(standing(reply));
  assertEquals(sink.text, "HD c5 O7\r\n");
});

test("ParallelChange believes the backup where a main in trouble does not find the key", () => {
  const main = new FakeDestination("main");
  const sink = new RecordingSink();
  const copies = { main, backup: new FakeDestination("backup") };
  const change = new ParallelChange(sink, { sync: false, recovery: null, missed }, copies);
  main.missesKeys = true;
  change.main.reply(replyOf("NOT_FOUND"));
  assertEquals(sink.text, "");
  change.backup.reply(replyOf("TOUCHED"));
  assertEquals(sink.text, "TOUCHED\r\n");
});
