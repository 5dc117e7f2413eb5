import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { AssembledValue } from "../../src/recovery/assembled_value.ts";
import { HeldValues } from "../../src/recovery/held_values.ts";
import { ValueRoom } from "../../src/recovery/value_room.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { hitOf, valueOf } from "../support/fake_destination.ts";
import { toBytes } from "../support/latin1.ts";

const TURN_BYTES = 256 << 10;

test("AssembledValue puts parts together, wherever they are cut", () => {
  const value = "0123456789";
  const bytes = toBytes(`${value}\r\n`);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const assembled = new AssembledValue(new FakeClock());
    const room = new ValueRoom(new HeldValues(100));
    assembled.begin(hitOf(value, { flags: 7, ttl: 60 }), room);
    for (const [start, end] of [[0, cut], [cut, bytes.length]]) {
      const part = bytes.slice(start, end);
      assembled.part(part, 0, part.length);
      part.fill(0x3f);
    }
    const reply = assembled.reply!;
    assertEquals([valueOf(reply), reply.flags, reply.ttl], [value, 7, 60], `cut at ${cut}`);
  }
});

test("AssembledValue drops a value for which there is no room", () => {
  const held = new HeldValues(10);
  held.take(10);
  const assembled = new AssembledValue(new FakeClock());
  const room = new ValueRoom(held);
  assembled.begin(hitOf("value"), room);
  assembled.part(toBytes("value\r\n"), 0, 7);
  assertEquals([assembled.reply, room.wanted, held.bytes], [null, 5, 10]);
});

test("AssembledValue wants no more in a turn than clients can wait for", () => {
  const clock = new FakeClock();
  const assembled = new AssembledValue(clock);
  assembled.begin(hitOf("v".repeat(2 * TURN_BYTES)), new ValueRoom(new HeldValues(1 << 20)));
  const part = new Uint8Array(TURN_BYTES / 2);
  assembled.part(part, 0, part.length);
  assertEquals(assembled.backedUp, false);
  assembled.part(part, 0, part.length);
  let goesOn = false;
  assembled.whenDrained(() => goesOn = true);
  assertEquals([assembled.backedUp, goesOn], [true, false]);
  clock.advance(0);
  assertEquals([assembled.backedUp, goesOn], [false, true]);
});
