/** What a board believes of the looks that it has taken at the servers. */

import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { FIRST_LOOKS_MS } from "../../src/recovery/first_looks.ts";
import {
  BoardStage,
  CONNECT_MS,
  LEASE_MS,
  NoticeFarm,
  seen,
  TICK_MS,
  WHOLE_MS,
} from "./notice_farm.ts";

test("Board asks nobody until somebody wants to know", () => {
  const farm = new NoticeFarm();
  const stage = new BoardStage(farm, farm.servers);
  farm.clock.advance(10 * TICK_MS);
  assertEquals(farm.servers.map(({ asked }) => asked), [0, 0]);
  const fresh = seen((then) => stage.board.whenFresh(then));
  farm.clock.advance(TICK_MS);
  assertEquals(fresh(), true);
  assertEquals(farm.servers.map(({ notices }) => notices.length), [1, 1]);
});

test("Board that announces anything goes on looking, without a client, until it is over", () => {
  const farm = new NoticeFarm();
  const [one] = farm.proxies(1);
  const idle = new BoardStage(farm, farm.servers);
  idle.board.announce(farm.servers[0], "missed");
  farm.clock.advance(LEASE_MS);
  assertEquals(one.waitsFor.get("a"), [idle.board.id]);
  one.board.announce(farm.servers[1], "missed");
  farm.clock.advance(LEASE_MS);
  one.board.announce(farm.servers[1], null);
  farm.clock.advance(LEASE_MS);
  assertEquals(idle.told, ["b missed 1 lacking 0", "b missed 0 lacking 0"]);
});

test("Board is fresh for a lease after a look began, and no longer when servers are silent", () => {
  const farm = new NoticeFarm();
  const [{ board }] = farm.proxies(1);
  assert(board.freshUntilMs <= farm.clock.now() + LEASE_MS);
  assert(board.freshUntilMs > farm.clock.now() + LEASE_MS - TICK_MS - 1);
  const before = board.freshUntilMs;
  for (const server of farm.servers) server.silent = true;
  farm.clock.advance(TICK_MS);
  assertEquals(board.freshUntilMs, before);
});

test("Board that could reach nobody believes nothing of a server that returns before it has looked", () => {
  const farm = new NoticeFarm();
  const [server, other] = farm.servers;
  for (const one of farm.servers) one.usable = false;
  other.gone = true;
  const { board } = farm.proxy();
  assert(farm.clock.now() < board.freshUntilMs, "there is nobody to read from");
  Object.assign(server, { usable: true, answersLater: true });
  board.returned(server);
  farm.clock.advance(CONNECT_MS + 2 * TICK_MS);
  assertEquals(board.freshUntilMs, -Infinity);
  server.answerAll();
  farm.clock.advance(2 * TICK_MS);
  assert(farm.clock.now() < board.freshUntilMs);
});

test("Board that begins believes the only server that answers when nothing listens at the other", () => {
  const farm = new NoticeFarm();
  const [, other] = farm.servers;
  farm.proxy().kill();
  other.silent = true;
  const { board, lines } = farm.proxy();
  farm.clock.advance(CONNECT_MS);
  assertEquals(board.freshUntilMs, -Infinity);
  Object.assign(other, { usable: false, gone: true });
  farm.clock.advance(LEASE_MS + 2 * TICK_MS);
  assert(farm.clock.now() < board.freshUntilMs);
  assertEquals(lines, []);
});

test("Board that begins waits for a second server, but not for ever, and says so", () => {
  const farm = new NoticeFarm();
  const [, other] = farm.servers;
  farm.proxy().kill();
  other.usable = false;
  const { board, lines } = farm.proxy();
  farm.clock.advance(FIRST_LOOKS_MS - TICK_MS);
  assertEquals(board.freshUntilMs, -Infinity);
  farm.clock.advance(2 * TICK_MS);
  assert(farm.clock.now() < board.freshUntilMs);
  assertEquals(lines.length, 2);
  assertMatch(lines[0], /only backend a answers: waiting for another/);
  assertMatch(lines[1], /backend a may serve stale data/);
});

test("Board that begins where no other proxy ever was believes the first server that answers", () => {
  const farm = new NoticeFarm();
  farm.servers[1].usable = false;
  const { board, lines } = farm.proxy();
  farm.clock.advance(2 * TICK_MS);
  assert(farm.clock.now() < board.freshUntilMs);
  assertEquals(lines, []);
});

test("Board that begins waits where the only server that answers was flushed: seats went with that", () => {
  const farm = new NoticeFarm();
  const [server, other] = farm.servers;
  farm.proxy().kill();
  server.texts.clear();
  server.identity = { flushes: 1 };
  other.silent = true;
  const { board } = farm.proxy();
  farm.clock.advance(FIRST_LOOKS_MS - TICK_MS);
  assertEquals(board.freshUntilMs, -Infinity);
  farm.clock.advance(2 * TICK_MS);
  assert(farm.clock.now() < board.freshUntilMs);
});

test("Board that has read what two servers say believes either of them alone later", () => {
  const farm = new NoticeFarm();
  const [{ board }] = farm.proxies(1);
  farm.servers[1].usable = false;
  farm.clock.advance(WHOLE_MS);
  assert(farm.clock.now() < board.freshUntilMs);
});
