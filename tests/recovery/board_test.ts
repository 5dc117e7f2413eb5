/** What boards tell each other, and how it is known. */

import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { LEASE_MS, NoticeFarm, PATIENCE_MS, seen, TICK_MS, WHOLE_MS } from "./notice_farm.ts";

const SEATS = 32;

test("Board tells others within a tick that a server misses changes, and when it does no more", () => {
  const farm = new NoticeFarm();
  const [one, other] = farm.proxies(2);
  one.board.announce(farm.servers[0], "missed");
  farm.clock.advance(TICK_MS);
  assertEquals([...other.waitsFor], [["a", [one.board.id]]]);
  assertEquals([...one.waitsFor], []);
  one.board.announce(farm.servers[0], null);
  farm.clock.advance(TICK_MS);
  assertEquals([...other.waitsFor], [["a", []]]);
  assertEquals([one.board.counters.announced, other.board.counters.announced], [1, 0]);
});

test("Board tells others in one notice that a server holds nothing old any more, and lacks keys", () => {
  const farm = new NoticeFarm();
  const [one, other] = farm.proxies(2);
  for (const level of ["missed", "lacking", "missed", null, "lacking", null] as const) {
    one.board.announce(farm.servers[0], level);
    farm.clock.advance(TICK_MS);
  }
  assertEquals(other.told, [
    "a missed 1 lacking 0",
    "a missed 0 lacking 1",
    "a missed 1 lacking 0",
    "a missed 0 lacking 0",
    "a missed 0 lacking 1",
    "a missed 0 lacking 0",
  ]);
  assertEquals(other.lacksFor.get("a"), []);
  assertEquals(one.told, []);
  assertEquals(one.board.counters.announced, 2);
});

test("Board makes who waits for an announcement wait on while it says less, and anew for more", () => {
  const farm = new NoticeFarm();
  const [{ board }] = farm.proxies(2);
  const [server] = farm.servers;
  board.announce(server, "missed");
  const first = seen((then) => board.whenKnown(server, then));
  farm.clock.advance(LEASE_MS - 2 * TICK_MS);
  board.announce(server, "lacking");
  assertEquals(first(), false);
  farm.clock.advance(2 * TICK_MS);
  assertEquals(first(), true);
  board.announce(server, "missed");
  const second = seen((then) => board.whenKnown(server, then));
  farm.clock.advance(LEASE_MS - 1);
  assertEquals(second(), false);
  farm.clock.advance(1);
  assertEquals(second(), true);
  assertEquals(board.counters.late, 0);
});

test("Board says that an announcement is known a lease after it was stored, with others", () => {
  const farm = new NoticeFarm();
  const [{ board }] = farm.proxies(2);
  board.announce(farm.servers[0], "missed");
  const known = seen((then) => board.whenKnown(farm.servers[0], then));
  farm.clock.advance(LEASE_MS - 1);
  assertEquals(known(), false);
  farm.clock.advance(1);
  assertEquals(known(), true);
  assertEquals(board.counters.late, 0);
});

test("Board that is alone says at once that an announcement is known", () => {
  const farm = new NoticeFarm();
  const [one] = farm.proxies(1);
  one.board.announce(farm.servers[0], "missed");
  const known = seen((then) => one.board.whenKnown(farm.servers[0], then));
  assertEquals(known(), true);
});

test("Board waits no longer for a silent server than its patience, and says so", () => {
  const farm = new NoticeFarm();
  const [one] = farm.proxies(2);
  for (const server of farm.servers) server.silent = true;
  one.board.announce(farm.servers[0], "missed");
  const known = seen((then) => one.board.whenKnown(farm.servers[0], then));
  farm.clock.advance(PATIENCE_MS - 1);
  assertEquals([known(), one.board.counters.late], [false, 0]);
  farm.clock.advance(1);
  assertEquals([known(), one.board.counters.late], [true, 1]);
  assertMatch(one.lines.at(-1)!, /warn not every server has our notice that a misses changes/);
});

test("Board leaves no doubt when the missed changes are made up for before they were known", () => {
  const farm = new NoticeFarm();
  const [one] = farm.proxies(2);
  one.board.announce(farm.servers[0], "missed");
  const known = seen((then) => one.board.whenKnown(farm.servers[0], then));
  assertEquals(known(), false);
  one.board.announce(farm.servers[0], null);
  assertEquals(known(), true);
});

test("Board writes its notices again on a server that lost them", () => {
  const farm = new NoticeFarm();
  const [one, other] = farm.proxies(2);
  one.board.announce(farm.servers[0], "missed");
  for (const server of farm.servers) server.texts.clear();
  farm.clock.advance(2 * TICK_MS);
  for (const { notices } of farm.servers) {
    assertEquals(notices.filter((text) => text.startsWith(`${one.board.id} `)).length, 1);
    assertEquals(notices.length, 2);
  }
  assertEquals(other.waitsFor.get("a"), [one.board.id]);
});

test("Board says at once after a flush_all what it announced before", () => {
  const farm = new NoticeFarm();
  const [one] = farm.proxies(1);
  const asked = () => farm.servers.map((server) => server.asked);
  const before = asked();
  for (const server of farm.servers) one.board.flushed(server);
  assertEquals(asked(), before);
  one.board.announce(farm.servers[0], "missed");
  for (const server of farm.servers) {
    server.texts.clear();
    one.board.flushed(server);
    assertEquals(server.notices.length, 1);
    assertMatch(server.notices[0], new RegExp(`^${one.board.id} \\d+ a$`));
  }
});

test("Board says again what was on its way when a flush_all came behind it", () => {
  const farm = new NoticeFarm();
  const [one] = farm.proxies(1);
  const [server] = farm.servers;
  server.answersLater = true;
  one.board.announce(server, "missed");
  server.texts.clear();
  one.board.flushed(server);
  assertEquals(server.notices, []);
  server.answerAll();
  assertEquals(server.notices.length, 1);
});

test("Board gives what a proxy that is gone announced to somebody, until it is settled", () => {
  const farm = new NoticeFarm();
  const [killed, one, other] = farm.proxies(3);
  killed.board.announce(farm.servers[1], "missed");
  farm.clock.advance(TICK_MS);
  killed.kill();
  farm.clock.advance(4 * WHOLE_MS);
  assertEquals([one.board.peers, one.abandoned.length], [2, 0]);
  farm.clock.advance(3 * WHOLE_MS);
  assertEquals(one.board.peers, 1);
  const [{ by, server, settled }] = one.abandoned;
  assertEquals([by, server], [{ missed: [killed.board.id], lacking: [] }, "b"]);
  assertEquals(other.waitsFor.get("b"), [killed.board.id]);
  settled();
  farm.clock.advance(TICK_MS);
  assertEquals([one.waitsFor.get("b"), other.waitsFor.get("b")], [[], []]);
  assertEquals([one.board.counters.takeovers, other.board.counters.takeovers], [1, 0]);
});

test("Board keeps a seat of a proxy that is gone while it says that a server lacks keys", () => {
  const farm = new NoticeFarm();
  const [killed, one] = farm.proxies(2);
  killed.board.announce(farm.servers[0], "lacking");
  farm.clock.advance(TICK_MS);
  killed.kill();
  farm.clock.advance(7 * WHOLE_MS);
  const [{ by, server, settled }] = one.abandoned;
  assertEquals([by, server], [{ missed: [], lacking: [killed.board.id] }, "a"]);
  assertEquals(one.lacksFor.get("a"), [killed.board.id]);
  settled();
  farm.clock.advance(2 * WHOLE_MS);
  assertEquals(one.lacksFor.get("a"), []);
  assertEquals(farm.servers.map(({ notices }) => notices.length), [1, 1]);
});

test("Board gives what several proxies that are gone left of a server at once, and settles all", () => {
  const farm = new NoticeFarm();
  const [first, second, third, one, other] = farm.proxies(5);
  first.board.announce(farm.servers[0], "missed");
  second.board.announce(farm.servers[0], "missed");
  third.board.announce(farm.servers[0], "lacking");
  farm.clock.advance(TICK_MS);
  for (const proxy of [first, second, third]) proxy.kill();
  farm.clock.advance(7 * WHOLE_MS);
  assertEquals(one.abandoned.length, 1);
  const [{ by, settled }] = one.abandoned;
  const ids = [first.board.id, second.board.id].toSorted();
  assertEquals([by.missed.toSorted(), by.lacking], [ids, [third.board.id]]);
  settled();
  farm.clock.advance(TICK_MS);
  for (const { waitsFor, lacksFor } of [one, other]) {
    assertEquals([waitsFor.get("a"), lacksFor.get("a")], [[], []]);
  }
  assertEquals(one.board.counters.takeovers, 1);
});

test("Board frees the seat of a proxy that is gone and announced nothing", () => {
  const farm = new NoticeFarm();
  const [killed] = farm.proxies(2);
  killed.kill();
  farm.clock.advance(7 * WHOLE_MS);
  assertEquals(farm.servers.map(({ notices }) => notices.length), [1, 1]);
});

test("Board counts servers that have no seat for its notice", () => {
  const farm = new NoticeFarm();
  for (let seat = 0; seat < SEATS; seat++) {
    farm.servers[0].texts.set(`magent:board:${seat}`, `proxy${seat} 1`);
  }
  const one = farm.proxy();
  farm.clock.advance(TICK_MS);
  assertEquals(one.board.counters.seatless, 1);
  assertMatch(one.lines.at(-1)!, /warn backend a has no seat for our notice: too many proxies/);
  assertEquals(farm.servers[1].notices.length, 1);
});

test("Board that was taken for gone says again what it announced", () => {
  const farm = new NoticeFarm();
  const [one, other] = farm.proxies(2);
  one.board.announce(farm.servers[0], "missed");
  farm.clock.advance(TICK_MS);
  for (const { texts } of farm.servers) {
    const [seat] = [...texts].find(([, text]) => text.startsWith(`${one.board.id} `))!;
    texts.set(seat, `${one.board.id} 1000`);
    texts.set("magent:board:news", "settled by another proxy");
  }
  farm.clock.advance(3 * TICK_MS);
  assertEquals(other.waitsFor.get("a"), [one.board.id]);
  for (const { notices } of farm.servers) {
    assert(notices.some((text) => /^\w+ 100\d a$/.test(text)), notices.join(", "));
  }
});

test("Board passes on what markers say", () => {
  const farm = new NoticeFarm();
  farm.servers[0].texts.set("magent:gen", "5 restoring");
  const one = farm.proxy();
  farm.clock.advance(TICK_MS);
  assert(one.markers.includes("5 restoring"));
  assert(one.markers.includes(null));
});
