import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ReplyStatus } from "../../src/message/reply.ts";
import { AttentiveRoute } from "../../src/route/attentive_route.ts";
import { Pool } from "../../src/route/pool.ts";
import { PoolRoute } from "../../src/route/pool_route.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination } from "../support/fake_destination.ts";
import { parsedRequest, TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";

const PATIENCE_MS = 500;
const WAITING_MAX = 65_536;

/** What is known of others, as the test has it. */
class FakeAttention {
  freshUntilMs = -Infinity;
  readonly asked: (() => void)[] = [];

  whenFresh(callback: () => void): void {
    this.asked.push(callback);
  }

  /** It is known again, for so long. */
  refresh(untilMs: number): void {
    this.freshUntilMs = untilMs;
    for (const callback of this.asked.splice(0)) callback();
  }
}

function attentive() {
  const clock = new FakeClock();
  const attention = new FakeAttention();
  const server = new FakeDestination("server");
  const next = new PoolRoute(new Pool([server], { owner: () => 0 }));
  const options = { attention, clock, now: clock.now, patienceMs: PATIENCE_MS };
  const route = new AttentiveRoute(next, options);
  function send(text: string): RecordingSink {
    const sink = new RecordingSink();
    const request = parsedRequest(text);
    route.send(request, sink);
    request.bytes.fill(0x3f);
    return sink;
  }
  return { clock, attention, server, route, send };
}

test("AttentiveRoute lets requests pass as long as others are known", () => {
  const { clock, attention, server, route, send } = attentive();
  attention.freshUntilMs = clock.now() + 10;
  send("get k\r\n");
  clock.advance(9);
  send("get l\r\n");
  assertEquals(server.received, ["get k\r\n", "get l\r\n"]);
  assertEquals([route.held, route.refused, attention.asked.length], [0, 0, 0]);
});

test("AttentiveRoute holds requests from the end of that time on, and keeps their order", () => {
  const { clock, attention, server, route, send } = attentive();
  attention.freshUntilMs = clock.now();
  for (const key of ["k", "l"]) send(`get ${key}\r\n`);
  assertEquals(server.received, []);
  assertEquals(attention.asked.length, 1);
  attention.refresh(clock.now() + 10);
  send("get m\r\n");
  assertEquals(server.received, ["get k\r\n", "get l\r\n", "get m\r\n"]);
  assertEquals([route.held, route.refused], [2, 0]);
  clock.advance(PATIENCE_MS);
  assertEquals(route.refused, 0);
});

test("AttentiveRoute refuses what waited too long, and only that", () => {
  const { clock, attention, server, route, send } = attentive();
  const first = send("get k\r\n");
  clock.advance(PATIENCE_MS - 1);
  const second = send("get l\r\n");
  assertEquals(first.answered, false);
  clock.advance(1);
  assertEquals(first.statuses, [ReplyStatus.Failed]);
  assertEquals(first.failure, "recovering");
  assertEquals(second.answered, false);
  assertEquals([route.held, route.refused], [2, 1]);
  attention.refresh(clock.now() + 10);
  assertEquals(server.received, ["get l\r\n"]);
});

test("AttentiveRoute asks again for those that come after a refused one", () => {
  const { clock, attention, server, send } = attentive();
  send("get k\r\n");
  clock.advance(PATIENCE_MS);
  const later = send("get l\r\n");
  attention.refresh(clock.now() + 10);
  assertEquals(server.received, ["get l\r\n"]);
  assertEquals(later.answered, false);
});

test("AttentiveRoute does not read a large value whose request waits", () => {
  const { clock, attention, server, route } = attentive();
  const request = parsedRequest(`set k 0 0 ${TEST_STREAM_BYTES + 1}\r\n`);
  route.send(request, new RecordingSink());
  assertEquals(request.body!.held, true);
  attention.refresh(clock.now() + 10);
  assertEquals(request.body!.held, false);
  assertEquals(server.received.length, 1);
});

test("AttentiveRoute refuses one request more than may wait", () => {
  const { server, route, send } = attentive();
  for (let count = 0; count < WAITING_MAX; count++) send("get k\r\n");
  assertEquals([route.held, route.refused], [WAITING_MAX, 0]);
  assertEquals(send("get l\r\n").statuses, [ReplyStatus.Failed]);
  assertEquals([route.held, route.refused], [WAITING_MAX, 1]);
  assertEquals(server.received, []);
});
