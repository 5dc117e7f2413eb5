import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Recovery } from "../../src/route/route.ts";
import { hitOf } from "../support/fake_destination.ts";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { CopiedChanges } from "./copied_changes.ts";

const LARGE = `set k 0 0 ${TEST_STREAM_BYTES + 1}\r\n`;

test("ReplicateRoute sends an unconditional change to both copies at once", () => {
  for (const sent of ["set k 1 2 1\r\nv\r\n", "delete k\r\n", "touch k 5\r\n", "flush_all 9\r\n"]) {
    const both = new CopiedChanges();
    both.send(sent);
    assertEquals([both.main.received, both.backup.received], [[sent], [sent]]);
  }
});

test("ReplicateRoute leaves noreply out on the way to both", () => {
  const both = new CopiedChanges();
  both.send("set k 1 2 1 noreply\r\nv\r\n");
  assertEquals(both.main.received, ["set k 1 2 1\r\nv\r\n"]);
  assertEquals(both.backup.received, ["set k 1 2 1\r\nv\r\n"]);
});

test("ReplicateRoute notes who missed a change, before the client is answered", () => {
  const main = new CopiedChanges();
  const first = main.send("set k 0 0 1\r\nv\r\n");
  main.main.fail();
  assertEquals(main.missed, ["main set k"]);
  main.backup.answer("STORED");
  assertEquals(first.status, "Stored");

  const backup = new CopiedChanges({ sync: true });
  const second = backup.send("delete k\r\n");
  backup.main.answer("DELETED");
  backup.backup.fail();
  assertEquals([backup.missed, second.status], [["backup delete k"], "Deleted"]);

  const neither = new CopiedChanges();
  const third = neither.send("touch k 1\r\n");
  neither.main.fail("refused", false);
  neither.backup.fail();
  assertEquals(neither.missed, ["main touch k", "backup touch k"]);
  assertEquals(third.failure, "refused");
});

test("ReplicateRoute lets the backup decide while the main is out of service", () => {
  for (const sent of ["add k 0 0 1\r\nv\r\n", "incr k 1\r\n", "gat 5 k\r\n"]) {
    const both = new CopiedChanges();
    both.main.usable = false;
    const sink = both.send(sent);
    assertEquals(both.backup.received, [sent]);
    both.backup.answer("NOT_STORED");
    assertEquals(sink.status, "NotStored");
    assertEquals(both.missed, [`main ${sent.split(" ", 1)[0]} k`]);
  }
});

test("ReplicateRoute holds back what the backup gets while the main decides about the key", () => {
  const both = new CopiedChanges();
  both.send("append k 0 0 1\r\nX\r\n");
  both.send("set k 0 0 1\r\nB\r\n");
  both.send("set other 0 0 1\r\nv\r\n");
  both.send("flush_all\r\n");
  both.send("set third 0 0 1\r\nv\r\n");
  assertEquals(both.main.received.length, 6);
  assertEquals(both.backup.received, ["set other 0 0 1\r\nv\r\n"]);
  assertEquals(both.route.keysInFlight, 1);

  both.main.answer("STORED");
  both.main.answerWith(hitOf("AX"));
  assertEquals(both.backup.received.slice(1), [
    "set k 0 0 2\r\nAX\r\n",
    "set k 0 0 1\r\nB\r\n",
    "flush_all\r\n",
    "set third 0 0 1\r\nv\r\n",
  ]);
  assertEquals(both.route.keysInFlight, 0);
});

test("ReplicateRoute keeps the order of a key when the backup decides in the main's place", () => {
  const both = new CopiedChanges();
  both.send("append k 0 0 1\r\nX\r\n");
  both.send("set k 0 0 1\r\nB\r\n");
  both.main.fail("overload", false);
  assertEquals(both.backup.received, ["append k 0 0 1\r\nX\r\n", "set k 0 0 1\r\nB\r\n"]);
});

test("ReplicateRoute lets nothing of a key overtake a large value at the backup", () => {
  const both = new CopiedChanges();
  const sink = both.send(LARGE);
  both.main.answer("STORED");
  assertEquals(sink.status, "Stored");
  both.send("delete k\r\n");
  both.send("set other 0 0 1\r\nv\r\n");
  assertEquals(both.backup.received, [LARGE, "set other 0 0 1\r\nv\r\n"]);
  both.backup.answer("STORED");
  assertEquals(both.backup.received.at(-1), "delete k\r\n");
  assertEquals(both.route.keysInFlight, 0);
});

test("ReplicateRoute does not wait for a large value that failed at once", () => {
  const both = new CopiedChanges();
  both.backup.usable = false;
  both.send(LARGE);
  assertEquals(both.missed, ["backup set k"]);
  assertEquals(both.route.keysInFlight, 0);
});

test("ReplicateRoute holds a large value until the backup may have it", () => {
  const both = new CopiedChanges();
  both.send("incr k 1\r\n");
  both.send(LARGE);
  const { request } = both.main.waiting[2];
  assertEquals(request.body!.held, true);
  both.main.answer("ERROR");
  assertEquals(both.backup.received, [LARGE]);
  assertEquals(request.body!.held, false);
});

test("ReplicateRoute answers flush_all with the worst of the mains, or of the backups", () => {
  const both = new CopiedChanges();
  const first = both.send("flush_all\r\n");
  both.main.fail();
  both.backup.answer("OK");
  assertEquals([first.status, both.missed], ["Ok", ["main flush_all"]]);

  const second = both.send("flush_all\r\n");
  both.main.answer("CLIENT_ERROR flush_all not allowed");
  assertEquals(second.text, "CLIENT_ERROR flush_all not allowed\r\n");
});

test("ReplicateRoute lets nothing overtake, at the main, a change that went to the backup first", () => {
  let trusted = false;
  const recovery: Recovery = {
    mayAnswer: () => trusted,
    mayLack: () => false,
    readBoth: () => {},
    readAlone: () => {},
    afterRepair: (_request, _copies, then) => then(true),
    beforeTouch: (_request, _asked, then) => then("value"),
    wrote: () => {},
    lost: () => {},
    flushBegins: () => {},
    flushSent: () => {},
    flushEnds: () => {},
  };
  for (const later of ["incr k 1\r\n", "set k 0 0 1\r\n2\r\n"]) {
    const both = new CopiedChanges({ recovery });
    const first = "set k 0 0 1\r\n1\r\n";
    both.main.missesKeys = true;
    trusted = false;
    both.send(first);
    assertEquals([both.main.received, both.backup.received], [[], [first]]);
    // The main has been put in order meanwhile.
    both.main.missesKeys = false;
    trusted = true;
    both.send(later);
    assertEquals(both.main.received, []);
    both.backup.answer("STORED");
    assertEquals(both.main.received, [first]);
    both.main.answer("STORED");
    assertEquals([...both.main.received, ...both.backup.received].includes(later), true);
  }
});
