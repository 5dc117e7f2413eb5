import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { hitOf, replyOf } from "../support/fake_destination.ts";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { CopiedChanges, UNIX_TIME } from "./copied_changes.ts";

const FETCH = "mg k v f t c\r\n";
const DELETE = "delete k\r\n";
const DAYS_30 = 30 * 24 * 60 * 60;

const BY_VALUE = [
  ["add k 7 60 1\r\nv\r\n", "set k 7 60 1\r\nv\r\n"],
  ["replace k 7 -1 1\r\nv\r\n", "set k 7 -1 1\r\nv\r\n"],
  ["cas k 0 0 1 77\r\nv\r\n", "set k 0 0 1\r\nv\r\n"],
] as const;

const BY_RESULT = [
  ["append k 0 0 1\r\nX\r\n", "STORED"],
  ["prepend k 0 0 1\r\nX\r\n", "STORED"],
  ["incr k 1\r\n", "12"],
  ["decr k 1\r\n", "9  "],
] as const;

test("DecidedChange copies the value of a conditional change once the main has stored it", () => {
  for (const [sent, copied] of BY_VALUE) {
    const both = new CopiedChanges();
    const sink = both.send(sent);
    assertEquals([both.main.received, both.backup.received], [[sent], []]);
    both.main.answer("STORED");
    assertEquals(sink.status, "Stored");
    assertEquals(both.backup.received, [copied]);
    both.backup.answer("STORED");
    assertEquals(both.missed, []);
  }
});

test("DecidedChange copies nothing when the main refuses", () => {
  for (const line of ["NOT_STORED", "EXISTS", "NOT_FOUND", "SERVER_ERROR out of memory"]) {
    for (const [sent] of BY_VALUE) {
      const both = new CopiedChanges();
      const sink = both.send(sent);
      both.main.answer(line);
      assertEquals(sink.text, `${line}\r\n`);
      assertEquals([both.backup.received, both.missed], [[], []]);
      assertEquals(both.route.keysInFlight, 0);
    }
  }
});

test("DecidedChange deletes the copy of what ms lost by being refused, whatever its mode", () => {
  const sent = "ms k 1 ME\r\nv\r\n";
  for (const line of ["SERVER_ERROR object too large for cache", "SERVER_ERROR out of memory"]) {
    const both = new CopiedChanges();
    const sink = both.send(sent);
    both.main.answer(line);
    assertEquals(sink.text, `${line}\r\n`);
    assertEquals(both.backup.received, [DELETE]);
  }
  const before = new CopiedChanges();
  before.main.speaksMeta = false;
  before.send(sent);
  before.main.answer("SERVER_ERROR out of memory");
  assertEquals(before.backup.received, []);
});

test("DecidedChange copies what the main holds after a relative change", () => {
  const times = [
    [-1, 0],
    [5, 5],
    [DAYS_30, DAYS_30],
    [DAYS_30 + 1, UNIX_TIME + DAYS_30 + 1],
  ];
  for (const [sent, answer] of BY_RESULT) {
    for (const [ttl, exptime] of times) {
      const both = new CopiedChanges();
      const sink = both.send(sent);
      assertEquals(both.main.received, [sent, FETCH]);
      both.main.answer(answer);
      assertEquals(sink.text, `${answer}\r\n`);
      assertEquals(both.backup.received, []);
      both.main.answerWith(hitOf("whole", { flags: 3, ttl }));
      assertEquals(both.backup.received, [`set k 3 ${exptime} 5\r\nwhole\r\n`]);
    }
  }
});

test("DecidedChange deletes a copy that it cannot know", () => {
  const unknowing: readonly ((both: CopiedChanges) => void)[] = [
    // Over, gone, refused, in doubt.
    ({ main }) => main.answerWith(hitOf("whole", { ttl: 0 })),
    ({ main }) => main.answer("EN"),
    ({ main }) => main.answer("SERVER_ERROR out of memory"),
    ({ main }) => main.fail("request timeout"),
    ({ main }) => {
      const { sink } = main.take();
      sink.begin(hitOf("the first part of a large value"));
      sink.end(true);
    },
  ];
  for (const [sent, answer] of BY_RESULT) {
    for (const fetched of unknowing) {
      const both = new CopiedChanges();
      both.send(sent);
      both.main.answer(answer);
      fetched(both);
      assertEquals(both.backup.received, [DELETE]);
    }
  }
});

test("DecidedChange deletes the copy when the main has no meta commands", () => {
  for (const [sent, answer] of BY_RESULT) {
    const both = new CopiedChanges();
    both.main.speaksMeta = false;
    both.send(sent);
    assertEquals(both.main.received, [sent]);
    both.main.answer(answer);
    assertEquals(both.backup.received, [DELETE]);
  }
});

test("DecidedChange deletes the copy of a large value", () => {
  for (const name of ["add", "append"]) {
    const both = new CopiedChanges();
    const length = TEST_STREAM_BYTES + 1;
    const sink = both.send(`${name} k 0 0 ${length}\r\n`);
    assertEquals(both.main.received, [`${name} k 0 0 ${length}\r\n`]);
    both.main.answer("STORED");
    assertEquals(sink.status, "Stored");
    assertEquals(both.backup.received, [DELETE]);
  }
});

test("DecidedChange gives the backup the new expiry of a gat", () => {
  const both = new CopiedChanges();
  const hit = both.send("gat 60 k\r\n");
  both.main.answerWith(hitOf("v"));
  assertEquals(hit.status, "Hit");
  assertEquals(both.backup.received, ["touch k 60\r\n"]);

  const miss = both.send("gat 60 k\r\n");
  both.main.answer("END");
  assertEquals(miss.status, "Miss");
  assertEquals(both.backup.received.length, 1);
});

test("DecidedChange sends a backup that may hold a placeholder what a gat found, and no touch", () => {
  for (const phase of ["restoring", "reconciling"] as const) {
    const both = new CopiedChanges();
    both.backup.phase = phase;
    both.send("gat 60 k\r\n");
    both.main.answerWith(hitOf("v"));
    assertEquals([both.main.received.at(-1), both.backup.received], [FETCH, []]);
    both.main.answerWith(hitOf("v", { flags: 3, ttl: 60 }));
    assertEquals(both.backup.received, ["set k 3 60 1\r\nv\r\n"]);
  }
});

test("DecidedChange passes a large value of a gat on, and its expiry to the backup", () => {
  const both = new CopiedChanges();
  const client = both.send("gat 60 k\r\n");
  const { sink } = both.main.take();
  const head = hitOf("first ");
  sink.begin(head);
  sink.part(head.bytes, head.valueStart, head.valueEnd);
  sink.end(true);
  assertEquals(client.calls, ["begin Hit", "part", "end"]);
  assertEquals(both.backup.received, ["touch k 60\r\n"]);
});

test("DecidedChange never takes a cas number of the main to the backup", () => {
  const both = new CopiedChanges();
  const sink = both.send("cas k 5 60 3 7\r\nabc\r\n");
  both.main.fail("overload", false);
  assertEquals([both.backup.received, sink.failure], [[], "overload"]);
});

test("DecidedChange asks the backup when the main was not reached", () => {
  for (const [sent] of [...BY_VALUE, ...BY_RESULT]) {
    if (sent.startsWith("cas ")) continue;
    const both = new CopiedChanges();
    const sink = both.send(sent);
    both.main.fail("overload", false);
    assertEquals(both.backup.received, [sent]);
    both.backup.answer("STORED");
    assertEquals(sink.status, "Stored");
    assertEquals(both.missed, [`main ${sent.split(" ", 1)[0]} k`]);
  }
});

test("DecidedChange repeats nothing that may have happened, and leaves the backup's copy as it is", () => {
  for (const [sent] of [...BY_VALUE, ...BY_RESULT]) {
    const both = new CopiedChanges();
    const sink = both.send(sent);
    both.main.fail("request timeout", true);
    const name = sent.split(" ", 1)[0];
    assertEquals(sink.failure, "request timeout in doubt");
    assertEquals(both.backup.received, []);
    assertEquals(both.missed, [`main ${name} k`]);
    assertEquals(both.route.keysInFlight, 0);
  }
});

test("DecidedChange repeats a gat in doubt at the backup", () => {
  const both = new CopiedChanges();
  const sink = both.send("gat 60 k\r\n");
  both.main.fail("request timeout", true);
  assertEquals(both.backup.received, ["gat 60 k\r\n"]);
  both.backup.answerWith(hitOf("v"));
  assertEquals(sink.status, "Hit");
  assertEquals(both.missed, ["main gat k"]);
});

test("DecidedChange is answered by the main's failure when the backup is away, too", () => {
  const both = new CopiedChanges();
  const sink = both.send("add k 0 0 1\r\nv\r\n");
  both.backup.usable = false;
  both.main.fail("overload", false);
  assertEquals(sink.failure, "overload");
  assertEquals(both.missed, ["main add k"]);
});

test("DecidedChange, sync, answers when the copy is confirmed or has failed", () => {
  for (const confirmed of [true, false]) {
    const both = new CopiedChanges({ sync: true });
    const sink = both.send("incr k 1\r\n");
    const reply = replyOf("12");
    both.main.answerWith(reply);
    reply.bytes.fill(0x3f);
    assertEquals(sink.answered, false);
    both.main.answerWith(hitOf("12"));
    assertEquals(sink.answered, false);
    if (confirmed) both.backup.answer("STORED");
    else both.backup.fail();
    assertEquals(sink.text, "12\r\n");
    assertEquals(both.missed, confirmed ? [] : ["backup set k"]);
  }
});

test("DecidedChange, async, tells of a copy that failed", () => {
  const both = new CopiedChanges();
  const sink = both.send("add k 0 0 1\r\nv\r\n");
  both.main.answer("STORED");
  assertEquals(sink.status, "Stored");
  both.backup.fail();
  assertEquals(both.missed, ["backup set k"]);
});
