import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { hitOf } from "../support/fake_destination.ts";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { CopiedChanges, DEADLINE_MS } from "./copied_changes.ts";
import { Distrust } from "./distrust.ts";

const FETCH = "mg k v f t c\r\n";
const DELETE = "delete k\r\n";
const INCR = "incr k 1\r\n";
const SET = "set k 0 0 1\r\nB\r\n";
const COPY = "set k 3 5 1\r\n2\r\n";

const BY_VALUE = [
  ["add k 7 60 1\r\nv\r\n", "set k 7 60 1\r\nv\r\n"],
  ["replace k 7 -1 1\r\nv\r\n", "set k 7 -1 1\r\nv\r\n"],
  ["cas k 0 0 1 77\r\nv\r\n", "set k 0 0 1\r\nv\r\n"],
] as const;
const BY_RESULT = ["append k 0 0 1\r\nX\r\n", INCR, "decr k 1\r\n", "gat 60 k\r\n"];

/** A main that missed the key. */
function distrusted(sync = false) {
  const recovery = new Distrust();
  const both = new CopiedChanges({ sync, recovery });
  both.main.missesKeys = true;
  return { recovery, both };
}

test("SwappedChange copies the value of a conditional change once the backup has stored it", () => {
  for (const [sent, copied] of BY_VALUE) {
    const { both, recovery } = distrusted();
    const sink = both.send(sent);
    assertEquals([both.main.received, both.backup.received], [[], [sent]]);
    both.backup.answer("STORED");
    assertEquals([sink.status, both.main.received], ["Stored", [copied]]);
    both.main.answer("STORED");
    assertEquals([recovery.told, both.missed], [["main wrote k"], []]);
    assertEquals([both.route.keysInFlight, both.clock.pending], [0, 0]);
  }
});

test("SwappedChange copies what the backup holds after a relative change, or a new expiry", () => {
  for (const sent of BY_RESULT) {
    const { both, recovery } = distrusted();
    const sink = both.send(sent);
    assertEquals(both.backup.received, [sent, FETCH]);
    if (sent.startsWith("gat")) both.backup.answerWith(hitOf("2"));
    else both.backup.answer("STORED");
    assertEquals([sink.answered, both.main.received], [true, []]);
    both.backup.answerWith(hitOf("2", { flags: 3, ttl: 5 }));
    assertEquals(both.main.received, [COPY]);
    both.main.answer("STORED");
    assertEquals([recovery.told, both.missed], [["main wrote k"], []]);
  }
});

test("SwappedChange copies nothing when the backup refuses", () => {
  for (const line of ["NOT_STORED", "EXISTS", "NOT_FOUND", "SERVER_ERROR out of memory"]) {
    const { both, recovery } = distrusted(true);
    const sink = both.send(BY_VALUE[0][0]);
    both.backup.answer(line);
    assertEquals(sink.text, `${line}\r\n`);
    assertEquals([both.main.received, both.missed, recovery.told], [[], [], []]);
    assertEquals([both.route.keysInFlight, both.clock.pending], [0, 0]);
  }
});

test("SwappedChange deletes at the main what it cannot know, and says that it lacks it", () => {
  const unknowing: readonly ((both: CopiedChanges) => void)[] = [
    ({ backup }) => backup.answerWith(hitOf("2", { ttl: 0 })),
    ({ backup }) => backup.answer("EN"),
    ({ backup }) => backup.fail(),
  ];
  for (const fetched of unknowing) {
    const { both, recovery } = distrusted();
    both.send(INCR);
    both.backup.answer("2");
    fetched(both);
    assertEquals(both.main.received, [DELETE]);
    both.main.answer("NOT_FOUND");
    assertEquals([recovery.told, both.missed], [["main lost k"], []]);
  }
  const { both } = distrusted();
  both.backup.speaksMeta = false;
  both.send(INCR);
  assertEquals(both.backup.received, [INCR]);
  both.backup.answer("2");
  assertEquals(both.main.received, [DELETE]);
});

test("SwappedChange takes a main that has no room for one that lacks the key", () => {
  const { both, recovery } = distrusted();
  both.send(BY_VALUE[0][0]);
  both.backup.answer("STORED");
  both.main.answer("SERVER_ERROR out of memory");
  assertEquals([recovery.told, both.missed], [["main lost k"], []]);
});

test("SwappedChange passes a large value of a gat on, and deletes it at the main", () => {
  const { both } = distrusted();
  const client = both.send("gat 60 k\r\n");
  const { sink } = both.backup.take();
  const head = hitOf("first ");
  sink.begin(head);
  sink.part(head.bytes, head.valueStart, head.valueEnd);
  sink.end(true);
  assertEquals(client.calls, ["begin Hit", "part", "end"]);
  both.backup.fail();
  assertEquals(both.main.received, [DELETE]);
});

test("SwappedChange, sync, answers when the main has confirmed, or what it missed is noted", () => {
  for (const confirmed of [true, false]) {
    const { both, recovery } = distrusted(true);
    const sink = both.send(INCR);
    both.backup.answer("2");
    both.backup.answerWith(hitOf("2", { flags: 3, ttl: 5 }));
    // The backup's answer stands: the main has its own time to confirm.
    both.clock.advance(DEADLINE_MS);
    assertEquals(sink.answered, false);
    if (confirmed) both.main.answer("STORED");
    else both.main.fail();
    assertEquals(sink.text, "2\r\n");
    assertEquals(both.missed, confirmed ? [] : ["main incr k"]);
    assertEquals(recovery.told, confirmed ? ["main wrote k"] : []);
    assertEquals(both.clock.pending, 0);
  }
});

test("SwappedChange tells of both copies when the backup is in doubt, and else of none", () => {
  for (const inDoubt of [true, false]) {
    const { both } = distrusted();
    const sink = both.send(INCR);
    both.backup.fail("connection lost", inDoubt);
    both.backup.fail("connection lost", inDoubt);
    assertEquals(sink.failure, `connection lost${inDoubt ? " in doubt" : ""}`);
    assertEquals(both.missed, inDoubt ? ["main incr k", "backup incr k"] : []);
    assertEquals([both.main.received, both.route.keysInFlight], [[], 0]);
  }
});

test("SwappedChange is refused where neither copy is trusted, before it is sent or after", () => {
  const before = distrusted();
  before.recovery.distrusted.add("backup");
  const first = before.both.send(INCR);
  assertEquals([first.failure, before.both.backup.received], ["recovering", []]);

  const after = distrusted();
  const second = after.both.send(INCR);
  after.recovery.distrusted.add("backup");
  after.both.backup.answer("2");
  after.both.backup.answerWith(hitOf("2"));
  assertEquals([second.failure, after.both.main.received], ["recovering", []]);
  // Only the backup has it.
  assertEquals(after.both.missed, ["main incr k"]);
});

test("SwappedChange waits for the repair of a backup that is being restored", () => {
  for (const repaired of [true, false]) {
    const { both, recovery } = distrusted();
    both.backup.phase = "restoring";
    recovery.repaired = repaired;
    const sink = both.send(INCR);
    assertEquals(recovery.told, ["repair backup"]);
    assertEquals(both.backup.received, repaired ? [INCR, FETCH] : []);
    assertEquals(sink.failure, repaired ? null : "recovering");
  }
});

test("SwappedChange takes the place of a change that a restored main may not decide", () => {
  const { both, recovery } = distrusted();
  both.main.phase = "restoring";
  recovery.distrusted.clear();
  recovery.repaired = false;
  both.send(INCR);
  both.send(SET);
  assertEquals([both.main.received, both.backup.received], [[], [INCR, FETCH]]);
  both.backup.answer("2");
  both.backup.answerWith(hitOf("2", { flags: 3, ttl: 5 }));
  assertEquals([both.main.received, both.backup.received.length], [[COPY], 2]);
  both.main.answer("STORED");
  assertEquals(both.backup.received.slice(2), [SET]);
  assertEquals(both.missed, []);
});

test("SwappedChange lets nothing of the key overtake it when the main is trusted meanwhile", () => {
  const { both, recovery } = distrusted();
  both.send(INCR);
  both.main.missesKeys = false;
  recovery.distrusted.clear();
  const later = both.send(SET);
  const flush = both.send("flush_all\r\n");
  assertEquals([both.main.received, both.backup.received], [[], [INCR, FETCH]]);
  both.backup.answer("2");
  both.backup.answerWith(hitOf("2", { flags: 3, ttl: 5 }));
  both.main.answer("STORED");
  both.backup.answer("STORED");
  both.main.answer("STORED");
  assertEquals([later.status, both.main.received], ["Stored", [COPY, SET]]);
  // The main may have been owed a copy by the time of the flush: it is flushed last.
  assertEquals(both.backup.received.slice(2), [SET, "flush_all\r\n"]);
  both.backup.answer("OK");
  assertEquals(both.main.received.slice(2), ["flush_all\r\n"]);
  both.main.answer("OK");
  assertEquals([flush.status, both.route.keysInFlight], ["Ok", 0]);
});

test("What comes after a flush_all that waits for the main overtakes it at neither copy", () => {
  const { both, recovery } = distrusted();
  both.send(INCR);
  both.main.missesKeys = false;
  recovery.distrusted.clear();
  both.send("flush_all\r\n");
  const [append, set] = ["append j 0 0 1\r\nX\r\n", "set i 0 0 1\r\nY\r\n"];
  const sinks = [append, set, "get j\r\n"].map((line) => both.send(line));
  assertEquals([both.main.received, both.backup.received], [[], [INCR, FETCH]]);
  both.backup.answer("2");
  both.backup.answerWith(hitOf("2", { flags: 3, ttl: 5 }));
  both.main.answer("STORED");
  assertEquals([both.main.received, both.backup.received.slice(2)], [[COPY], ["flush_all\r\n"]]);
  both.backup.answer("OK");
  assertEquals(both.main.received.slice(1, 3), ["flush_all\r\n", append]);
  assertEquals(both.backup.received.slice(3), [set]);
  assertEquals(sinks.map(({ answered }) => answered), [false, false, false]);
});

test("DecidedChange lets nothing overtake it at the main while it waits for a repair there", () => {
  const waiting: ((mainMayDecide: boolean) => void)[] = [];
  const recovery = Object.assign(new Distrust(), {
    afterRepair: (_key: Request, _copies: unknown, then: (may: boolean) => void) =>
      void waiting.push(then),
  });
  recovery.distrusted.clear();
  const both = new CopiedChanges({ recovery });
  both.main.phase = "restoring";
  both.send(INCR);
  both.main.phase = "serving";
  both.send(SET);
  assertEquals([both.main.received, waiting.length], [[], 1]);
  waiting[0](true);
  assertEquals(both.main.received, [INCR, FETCH]);
});

test("ReplicateRoute lets a main that may lack the key decide when it has it, and else the backup", () => {
  for (const mainHasIt of [true, false]) {
    const { both, recovery } = distrusted();
    recovery.distrusted.clear();
    recovery.lacks = true;
    recovery.repaired = mainHasIt;
    both.send(INCR);
    assertEquals(recovery.told, ["repair main"]);
    const [asked, other] = mainHasIt ? [both.main, both.backup] : [both.backup, both.main];
    assertEquals([asked.received, other.received], [[INCR, FETCH], []]);
    asked.answer("2");
    asked.answerWith(hitOf("2", { flags: 3, ttl: 5 }));
    assertEquals([other.received, both.missed], [[COPY], []]);
  }
});

test("SwappedChange is not made when its turn comes after the deadline", () => {
  const { both } = distrusted();
  both.send(SET);
  const sink = both.send(INCR);
  both.clock.advance(DEADLINE_MS);
  assertEquals(sink.failure, "request timeout in doubt");
  both.backup.answer("STORED");
  both.main.answer("STORED");
  assertEquals([both.backup.received, both.main.received], [[SET], [SET]]);
  assertEquals(both.route.keysInFlight, 0);
});

test("ReplicateRoute notes what a distrusted main misses of leases and large values, as before", () => {
  const large = `add k 0 0 ${TEST_STREAM_BYTES + 1}\r\n`;
  for (const [sent, missed] of [[large, ["main add k"]], ["mg k v N30\r\n", []]] as const) {
    const { both } = distrusted();
    both.send(sent);
    assertEquals(both.backup.received.length, 1);
    assertEquals([both.missed, both.main.received], [missed, []]);
  }
});
