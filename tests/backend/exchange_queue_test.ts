import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { ExchangeQueue } from "../../src/backend/exchange_queue.ts";
import { Reply, ReplyStatus } from "../../src/message/reply.ts";
import { Request } from "../../src/message/request.ts";
import type { Rescue } from "../../src/route/route.ts";
import { toBytes } from "../support/latin1.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { forSeeds } from "../support/seeded_random.ts";

const MISS = Reply.fixed(ReplyStatus.Miss, "END\r\n");
const RESCUE: Rescue = { rescue: () => {} };

interface Model {
  readonly key: string;
  readonly command: string;
  readonly sink: RecordingSink;
  readonly rescued: boolean;
  readonly joined: boolean;
  readonly startedMs: number;
  written: boolean;
  background: boolean;
}

/** Everything the queue says of its oldest exchange, against the model. */
function compare(queue: ExchangeQueue, model: readonly Model[]): void {
  assertEquals(queue.size, model.length);
  if (model.length === 0) {
    assertEquals([queue.headWritten, queue.headRetrieves, queue.joined], [false, false, false]);
    return;
  }
  const [head] = model;
  const retrieves = head.command.startsWith("get");
  assertEquals(queue.headWritten, head.written);
  assertEquals(queue.command.name, head.command);
  assertEquals(queue.joined, head.joined);
  assertEquals(queue.startedMs, head.startedMs);
  assertEquals(queue.rescue === RESCUE, head.rescued);
  assertEquals(queue.headRetrieves, head.written && retrieves);
  if (retrieves || head.rescued) {
    const begun = queue.joined;
    const before = (key: string) => queue.keysBefore(toBytes(`<${key}>`), 1, 1 + key.length, begun);
    assertEquals(before(head.key), head.written && retrieves ? 0 : -1);
    assertEquals(before("nobody's"), -1);
    const rebuilt = queue.rebuild(new Request());
    assertEquals([rebuilt.command.name, rebuilt.keyText()], [head.command, head.key]);
  }
}

test("ExchangeQueue keeps exchanges in order, whatever comes and goes", () => {
  forSeeds(60, (random) => {
    const queue = new ExchangeQueue();
    const model: Model[] = [];
    let answeredMs = -1;
    for (let step = 0; step < 400; step++) {
      const growing = step % 200 < 120;
      if (random.chance(growing ? 0.6 : 0.3)) {
        const key = `k${"x".repeat(random.below(random.pick([3, 200])))}${step}`;
        const line = random.pick([`get ${key}`, `gets ${key}`, `delete ${key}`, `incr ${key} 1`]);
        const request = parsedRequest(`${line}\r\n`);
        request.background = random.chance(0.3);
        const { sink, rescued, joined, startedMs } = {
          sink: new RecordingSink(),
          rescued: random.chance(0.5),
          joined: random.chance(0.5),
          startedMs: random.fraction() * 1e9,
        };
        queue.push(request, sink, rescued ? RESCUE : null, joined, startedMs);
        const { background } = request;
        const command = request.command.name;
        request.bytes.fill(0x3f);
        model.push({ key, command, sink, rescued, joined, startedMs, background, written: false });
      } else if (random.chance(0.2)) {
        queue.markWritten();
        for (const exchange of model) exchange.written = true;
      } else if (model.length > 0 && model[0].written) {
        const first = model.shift()!;
        assertEquals(queue.shift() === first.sink, true);
        if (answeredMs < 0 && !first.background) answeredMs = first.startedMs;
      } else if (random.chance(0.3)) {
        assertEquals(queue.takeAnsweredMs(), answeredMs);
        answeredMs = -1;
      }
      compare(queue, model);
    }
  });
});

test("ExchangeQueue that is empty has nothing to hand out", () => {
  assertThrows(() => new ExchangeQueue().shift(), Error, "a reply belongs to an exchange");
});

/** A twin of the last exchange; its client's request came at `startedMs`. */
function shareLast(queue: ExchangeQueue, startedMs: number, background: boolean): RecordingSink {
  const sink = new RecordingSink();
  queue.share(1, { sink, rescue: null, startedMs, opcode: -1, background });
  return sink;
}

test("ExchangeQueue counts twins, and measures how long the first client waits", () => {
  const queue = new ExchangeQueue();
  const request = parsedRequest("get a\r\n");
  for (const [background, answeredMs] of [[false, 5], [true, 8]] as const) {
    // More rounds than there are places, so that places are used again.
    for (let round = 0; round < 40; round++) {
      request.background = background;
      queue.push(request, new RecordingSink(), null, false, 5);
      const twins = [shareLast(queue, 7, true), shareLast(queue, 8, false)];
      shareLast(queue, 9, false);
      queue.markWritten();
      assertEquals([queue.size, queue.requests, queue.twins], [1, 4, 3]);
      queue.shift().reply(MISS);
      assertEquals([queue.size, queue.requests, queue.takeAnsweredMs()], [0, 0, answeredMs]);
      assertEquals(twins.map(({ status }) => status), ["Miss", "Miss"]);
    }
  }
  request.background = false;
  queue.push(request, new RecordingSink(), null, false, 5);
  assertEquals([queue.requests, queue.twins], [1, 0]);
});

test("ExchangeQueue that grows keeps twins with whom they share", () => {
  const queue = new ExchangeQueue();
  const sinks: RecordingSink[][] = [];
  for (let index = 0; index < 100; index++) {
    const sink = new RecordingSink();
    queue.push(parsedRequest(`get k${index}\r\n`), sink, null, index > 0, 0);
    const twins = Array.from({ length: index % 3 }, () => shareLast(queue, 0, false));
    sinks.push([sink, ...twins]);
  }
  for (const sharing of sinks) {
    assertEquals(queue.twins, sharing.length - 1);
    queue.shift().reply(MISS);
    assertEquals(sharing.every(({ answered }) => answered), true);
  }
  assertEquals(sinks.flat().length, 199);
  assertEquals(queue.requests, 0);
});

test("ExchangeQueue knows whether retrievals alone wait", () => {
  const queue = new ExchangeQueue();
  assertEquals(queue.onlyRetrieves, true);
  for (const [line, only] of [["get a", true], ["gets b", true], ["version", false]] as const) {
    queue.push(parsedRequest(`${line}\r\n`), new RecordingSink(), null, false, 0);
    assertEquals(queue.onlyRetrieves, only, line);
  }
});
