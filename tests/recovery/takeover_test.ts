import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { takeOver } from "../../src/recovery/takeover.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination } from "../support/fake_destination.ts";

const GRACE_MS = 1200;
const LOCK = "add magent:board:lock 0 30 4\r\nheld\r\n";
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
  const taken = takeOver(server, { clock, graceMs: GRACE_MS, stands: () => stands, mark });
  return { clock, server, steps, taken };
}

/** Everything that waits for promises alone has happened. */
async function promisesKept(): Promise<void> {
  for (let hop = 0; hop < 10; hop++) await null;
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

test("takeOver does not flush when a connection was lost meanwhile", async () => {
  const { clock, server, taken } = begun();
  server.answer("STORED");
  await promisesKept();
  server.lostEpoch++;
  clock.advance(GRACE_MS);
  assertEquals(await taken, false);
  assertEquals(server.received, [LOCK]);
});

test("takeOver does not flush what another proxy has put in order during the grace", async () => {
  const { clock, server, taken } = begun(true, false);
  server.answer("STORED");
  await promisesKept();
  clock.advance(GRACE_MS);
  assertEquals(await taken, false);
  assertEquals(server.received, [LOCK]);
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
