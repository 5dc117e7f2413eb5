import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Log } from "../../src/log/log.ts";
import { Announcements } from "../../src/recovery/announcements.ts";
import { BoardCounters } from "../../src/recovery/board_counters.ts";
import { FakeClock } from "../support/fake_clock.ts";

const LEASE_MS = 600;
const PATIENCE_MS = 2000;
const REQUEST_TIMEOUT_MS = 1000;

/** Announcements next to other proxies, and what was logged of them. */
function announced({ alone = false } = {}) {
  const clock = new FakeClock();
  const counters = new BoardCounters();
  const warnings: string[] = [];
  const review = () => announcements.noteStored([]);
  const announcements = new Announcements({
    clock,
    log: new Log((line) => warnings.push(line)),
    counters,
    leaseMs: LEASE_MS,
    patienceMs: PATIENCE_MS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    alone: () => alone,
    review,
  });
  let known = 0;
  const wait = () => announcements.whenKnown("a", () => known++);
  const waitUnread = () => announcements.whenUnread("a", () => known++);
  const store = (beat: number) => announcements.noteStored([beat]);
  return { announcements, clock, counters, warnings, wait, waitUnread, store, known: () => known };
}

test("Announcements wait as long for what is missed once more as they did the first time", () => {
  const { announcements, clock, counters, wait, store, known } = announced();
  announcements.say("a", "missed", 1);
  wait();
  store(1);
  clock.advance(LEASE_MS);
  assertEquals(known(), 1);
  announcements.say("a", "lacking", 2);
  clock.advance(PATIENCE_MS - LEASE_MS - 1);
  announcements.say("a", "missed", 3);
  wait();
  clock.advance(PATIENCE_MS - 1);
  assertEquals([known(), counters.late], [1, 0]);
  clock.advance(1);
  assertEquals([known(), counters.late], [2, 1]);
});

test("Announcements that are taken back are late for nobody", () => {
  const { announcements, clock, counters, warnings, wait, known } = announced();
  announcements.say("a", "missed", 1);
  wait();
  announcements.say("a", null, 2);
  assertEquals(known(), 1);
  clock.advance(PATIENCE_MS);
  assertEquals([counters.late, warnings], [0, []]);
});

test("Announcements tell when nothing is read any more that was asked before others knew", () => {
  const { announcements, clock, waitUnread, store, known } = announced();
  announcements.say("a", "missed", 1);
  waitUnread();
  store(1);
  clock.advance(LEASE_MS + REQUEST_TIMEOUT_MS - 1);
  assertEquals(known(), 0);
  clock.advance(1);
  assertEquals(known(), 1);
  // It is known, and has been for long enough.
  waitUnread();
  assertEquals(known(), 2);
});

test("Announcements that are late are not read any more a request timeout after their lease", () => {
  const { announcements, clock, counters, waitUnread, known } = announced();
  announcements.say("a", "missed", 1);
  waitUnread();
  clock.advance(PATIENCE_MS);
  assertEquals([counters.late, known()], [1, 0]);
  clock.advance(REQUEST_TIMEOUT_MS);
  assertEquals(known(), 1);
});

test("Announcements of the only proxy are waited for by nobody, once they are stored", () => {
  const { announcements, waitUnread, store, known } = announced({ alone: true });
  announcements.say("a", "missed", 1);
  store(1);
  waitUnread();
  assertEquals(known(), 1);
});
