import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Body } from "../../src/message/body.ts";
import { REFILL } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { LONG_BYTES } from "../../src/recovery/held_values.ts";
import { sendValue } from "../../src/recovery/send_value.ts";
import { toBytes } from "../support/latin1.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination } from "../support/fake_destination.ts";
import { RecordingSink } from "../support/recording_sink.ts";

const SLICE_BYTES = 128 << 10;
const LENGTH = LONG_BYTES + 10;

/** A value on its way to a server that takes what it is given. */
class Stage {
  readonly server = new FakeDestination("server");
  readonly clock = new FakeClock();
  /** Of each turn. */
  taken: number[] = [];
  aborted = false;
  mayEnd = true;
  readonly body: Body;

  constructor(held = false) {
    const value = new Uint8Array(LENGTH).fill(0x76);
    const request = new Request().make(REFILL, toBytes("k"), 0, 1);
    Object.assign(request, { valueBytes: value, valueStart: 0, valueEnd: LENGTH });
    const { server } = this;
    const send = server.sendOr.bind(server);
    server.sendOr = (asked, sink, rescue) => {
      if (held) asked.body!.hold();
      asked.body!.attach({
        part: (_bytes, start, end) => this.taken.push(end - start),
        abort: () => this.aborted = true,
      });
      send(asked, sink, rescue);
    };
    const sink = new RecordingSink();
    sendValue(server, request, { clock: this.clock, sink, mayEnd: () => this.mayEnd });
    this.body = server.waiting[0].request.body!;
  }

  /** Bytes that the next turn brings. */
  turn(): number {
    this.taken = [];
    this.clock.runNext();
    return this.taken.reduce((sum, count) => sum + count, 0);
  }
}

test("sendValue sends a slice of a long value a turn, and its line without the value", () => {
  const stage = new Stage();
  assertEquals(stage.server.received, [`ms k ${LENGTH} c ME F0 T0\r\n`]);
  assertEquals([stage.taken, stage.server.waiting[0].request.valueLength], [[SLICE_BYTES], 0]);
  for (let slice = 1; slice < LONG_BYTES / SLICE_BYTES; slice++) {
    assertEquals(stage.turn(), SLICE_BYTES);
  }
  assertEquals([stage.turn(), stage.taken, stage.body.left], [12, [10, 2], 0]);
  assertEquals(stage.clock.pending, 0);
});

test("sendValue waits while the server takes nothing", () => {
  const stage = new Stage(true);
  assertEquals([stage.taken, stage.clock.pending], [[], 0]);
  stage.body.release();
  assertEquals(stage.turn(), SLICE_BYTES);
  stage.body.hold();
  assertEquals([stage.turn(), stage.clock.pending], [0, 0]);
  stage.body.release();
  assertEquals(stage.turn(), SLICE_BYTES);
});

test("sendValue does not end a value that may not be stored any more", () => {
  const stage = new Stage();
  stage.mayEnd = false;
  while (stage.clock.pending > 0) stage.turn();
  assertEquals([stage.aborted, stage.body.left], [true, 12]);
});
