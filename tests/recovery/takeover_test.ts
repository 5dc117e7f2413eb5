import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { takeOver } from "../../src/recovery/takeover.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination, hitOf, withCas } from "../support/fake_destination.ts";

const GRACE_MS = 1200;
/** The word of the lock is 0.25 in 36 digits. */
const LOCK = "add magent:board:lock 0 30 1\r\n9\r\n";
const LOOK_AT_LOCK = "mg magent:board:lock v f t c\r\n";
const UNLOCK = "md magent:board:lock C7\r\n";
const FLUSH = "flush_all\r\n";

/** A server whose connections can be lost. */
class LosableServer extends FakeDestination {
  lostEpoch = 0;
}

/** A takeover that has begun; `marks` is what becomes of the marker. */
function begun(marks = true, stands = true) {
  const clock = new FakeClock();
  const server = new LosableServer("server");
  const steps: string[] = [];
  const mark = () => {
    steps.push(`marked after ${server.received.length} requests`);
    return Promise.resolve(marks);
  };
  const taken = takeOver(server, {
    clock,
    random: () => 0.25,
    graceMs: GRACE_MS,
    stands: () => stands,
    mark,
  });
  return { clock, server, steps, taken };
}

/** Everything that waits for promises alone has happened. */
async function promisesKept(): Promise<void> {
  for (let hop = 0; hop < 20; hop++) await null;
}

test("takeOver locks, waits for the grace, flushes and marks, in this order", async () => {
  const { clock, server, steps, taken } = begun();
  assertEquals(server.received, [LOCK]);
  server.answer("STORED");
  await promisesKept();
  clock.advance(GRACE_MS - 1);
  await promisesKept();
  assertEquals(server.received, [LOCK]);
  clock.advance(1);
  await promisesKept();
  assertEquals(server.received, [LOCK, FLUSH]);
  assertEquals(steps, []);
  server.answer("OK");
  assertEquals(await taken, true);
  assertEquals(steps, ["marked after 2 requests"]);
});

test("takeOver leaves a server alone that somebody else has locked", async () => {
  const { clock, server, steps, taken } = begun();
  server.answer("NOT_STORED");
  assertEquals(await taken, false);
  assertEquals([server.received, steps, clock.pending], [[LOCK], [], 0]);
});

test("takeOver gives up when the lock is not answered", async () => {
  const { server, taken } = begun();
  server.fail("request timeout");
  assertEquals(await taken, false);
  assertEquals(server.received, [LOCK]);
});

test("takeOver does not flush when a connection was lost meanwhile, and unlocks", async () => {
  const { clock, server, taken } = begun();
  server.answer("STORED");
  await promisesKept();
  server.lostEpoch++;
  clock.advance(GRACE_MS);
  await promisesKept();
  assertEquals(server.received, [LOCK, LOOK_AT_LOCK]);
  server.fail();
  assertEquals(await taken, false);
});

test("takeOver does not flush what another proxy has put in order during the grace, and unlocks", async () => {
  const { clock, server, taken } = begun(true, false);
  server.answer("STORED");
  await promisesKept();
  clock.advance(GRACE_MS);
  await promisesKept();
  assertEquals(server.received, [LOCK, LOOK_AT_LOCK]);
  server.answerWith(withCas(hitOf("9"), " c7"));
  await promisesKept();
  assertEquals(server.received, [LOCK, LOOK_AT_LOCK, UNLOCK]);
  server.answer("HD");
  assertEquals(await taken, false);
});

test("takeOver leaves a lock alone that is another proxy's by then", async () => {
  const { clock, server, taken } = begun(true, false);
  server.answer("STORED");
  await promisesKept();
  clock.advance(GRACE_MS);
  await promisesKept();
  server.answerWith(withCas(hitOf("8"), " c7"));
  assertEquals(await taken, false);
  assertEquals(server.received, [LOCK, LOOK_AT_LOCK]);
});

test("takeOver has failed when the flush or the marker has", async () => {
  const unflushed = begun();
  unflushed.server.answer("STORED");
  await promisesKept();
  unflushed.clock.advance(GRACE_MS);
  await promisesKept();
  unflushed.server.fail("connection lost");
  assertEquals(await unflushed.taken, false);
  assertEquals(unflushed.steps, []);

  const unmarked = begun(false);
  unmarked.server.answer("STORED");
  await promisesKept();
  unmarked.clock.advance(GRACE_MS);
  await promisesKept();
  unmarked.server.answer("OK");
  assertEquals(await unmarked.taken, false);
});
