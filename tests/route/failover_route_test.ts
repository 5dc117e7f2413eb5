import { CopyOrder } from "../../src/route/copy_order.ts";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { FailoverRoute } from "../../src/route/failover_route.ts";
import { Pool } from "../../src/route/pool.ts";
import type { Recovery } from "../../src/route/route.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination, hitOf } from "../support/fake_destination.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { Distrust } from "./distrust.ts";

const DEADLINE_MS = 1500;

function pair(recovery: Recovery | null = null) {
  const clock = new FakeClock();
  const main = new FakeDestination("main", clock.now);
  const backup = new FakeDestination("backup", clock.now);
  const only = (one: FakeDestination) => new Pool([one], { owner: () => 0 });
  const route = new FailoverRoute(only(main), only(backup), {
    clock,
    deadlineMs: DEADLINE_MS,
    recovery,
    order: new CopyOrder(),
  });
  function get(): RecordingSink {
    const sink = new RecordingSink();
    route.send(parsedRequest("get k\r\n"), sink);
    return sink;
  }
  return { clock, main, backup, get };
}

test("FailoverRoute asks the main alone, and takes a miss for an answer", () => {
  const { main, backup, get } = pair();
  const sink = get();
  main.answer("END");
  assertEquals([sink.status, backup.received], ["Miss", []]);
});

test("FailoverRoute asks the backup when the main fails, in doubt or not", () => {
  for (const inDoubt of [true, false]) {
    const { main, backup, get } = pair();
    const sink = get();
    main.fail("connection lost", inDoubt);
    assertEquals([sink.answered, backup.received], [false, ["get k\r\n"]]);
    backup.answerWith(hitOf("v"));
    assertEquals(sink.status, "Hit");
  }
});

test("FailoverRoute asks the backup alone while the main cannot be read", () => {
  const { main, backup, get } = pair();
  main.readable = main.reachable = false;
  const sink = get();
  assertEquals([main.received, backup.received], [[], ["get k\r\n"]]);
  backup.fail();
  assertEquals(sink.failure, "connection lost in doubt");
});

test("FailoverRoute asks the main when neither can be read", () => {
  const { main, backup, get } = pair();
  main.readable = backup.usable = false;
  get();
  assertEquals(main.received, ["get k\r\n"]);
});

test("FailoverRoute tells of the main's failure when there is no other answer", () => {
  const away = pair();
  const first = away.get();
  away.backup.usable = false;
  away.main.fail("request timeout");
  assertEquals(first.failure, "request timeout in doubt");

  const late = pair();
  const second = late.get();
  late.clock.advance(DEADLINE_MS);
  late.main.fail("request timeout");
  assertEquals([second.failure, late.backup.received], ["request timeout in doubt", []]);
});

test("FailoverRoute gives the backup the time that is left, and no more", () => {
  const { clock, main, backup, get } = pair();
  const sink = get();
  clock.advance(1000);
  main.fail("request timeout");
  clock.advance(DEADLINE_MS - 1000 - 1);
  assertEquals(sink.answered, false);
  clock.advance(1);
  assertEquals(sink.failure, "request timeout in doubt");
  backup.answerWith(hitOf("too late"));
  assertEquals(sink.calls.length, 1);
});

test("FailoverRoute ignores a large value that begins too late", () => {
  const { clock, main, backup, get } = pair();
  const sink = get();
  main.fail();
  clock.advance(DEADLINE_MS);
  const { sink: late } = backup.take();
  const head = hitOf("v");
  late.begin(head);
  late.part(head.bytes, head.valueStart, head.valueEnd);
  late.end(true);
  assertEquals(sink.calls, ["Failed"]);
  assertEquals(late.backedUp, false);
});

test("FailoverRoute passes on a large value of the backup, however long it takes", () => {
  const { clock, main, backup, get } = pair();
  const sink = get();
  main.fail();
  const { sink: second } = backup.take();
  const head = hitOf("v");
  second.begin(head);
  assertEquals(clock.pending, 0);
  clock.advance(10 * DEADLINE_MS);
  second.part(head.bytes, head.valueStart, head.valueEnd);
  sink.backedUp = true;
  assertEquals(second.backedUp, true);
  second.end(true);
  assertEquals(sink.calls, ["begin Hit", "part", "end"]);
});

test("FailoverRoute leaves no timer behind an answer", () => {
  const { clock, main, backup, get } = pair();
  get();
  main.fail();
  assertEquals(clock.pending, 1);
  backup.answer("END");
  assertEquals(clock.pending, 0);

  backup.immediately = hitOf("v");
  get();
  main.fail();
  assertEquals(clock.pending, 0);
});

test("FailoverRoute does not believe the miss of a backup that may lack the key", () => {
  const recovery = new Distrust([]);
  recovery.lacks = true;
  const { main, backup, get } = pair(recovery);
  main.readable = main.reachable = false;
  get();
  assertEquals([main.received, backup.received], [[], []]);
  assertEquals(recovery.told, ["read backup alone"]);
});
