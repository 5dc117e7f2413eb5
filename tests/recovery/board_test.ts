import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Log } from "../../src/log/log.ts";
import { Board } from "../../src/recovery/board.ts";
import type { Abandoned } from "../../src/recovery/board_options.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { NoticeServer } from "./notice_server.ts";

const TICK_MS = 100;
const LEASE_MS = 4 * TICK_MS;
/** Two looks at all seats. */
const WHOLE_MS = 14 * TICK_MS;
const CONNECT_MS = 300;
const PATIENCE_MS = 1000;
const SEATS = 32;

/** A proxy's board, and all that it told. */
class Stage {
  readonly board: Board;
  readonly waitsFor = new Map<string, readonly string[]>();
  readonly abandoned: (Abandoned & { readonly server: string })[] = [];
  readonly markers: (string | null)[] = [];
  readonly lines: string[] = [];
  readonly #ending = new AbortController();

  constructor(farm: Farm, servers: readonly NoticeServer[]) {
    this.board = new Board({
      clock: farm.clock,
      log: new Log((line) => this.lines.push(line)),
      random: farm.random.fraction,
      tickMs: TICK_MS,
      connectTimeoutMs: CONNECT_MS,
      patienceMs: PATIENCE_MS,
      signal: this.#ending.signal,
      waitsFor: ({ name }, proxies) => this.waitsFor.set(name, proxies),
      sawMarker: (_, text) => this.markers.push(text),
      abandoned: ({ name }, by) => this.abandoned.push({ ...by, server: name }),
    });
    for (const server of servers) this.board.add(server);
  }

  /** It dies with what it knew. */
  kill(): void {
    this.#ending.abort();
  }
}

/** Tells whether what is called back has been. */
function seen(ask: (then: () => void) => void): () => boolean {
  let called = false;
  ask(() => called = true);
  return () => called;
}

/** Two servers, a clock, and proxies over them. */
class Farm {
  readonly clock = new FakeClock();
  readonly random = new SeededRandom(1);
  readonly servers = [new NoticeServer("a"), new NoticeServer("b")];

  /** One that takes part from now on. */
  proxy(): Stage {
    const stage = new Stage(this, this.servers);
    stage.board.whenFresh(() => {});
    return stage;
  }

  /** Several that know each other. */
  proxies(count: number): Stage[] {
    const stages = Array.from({ length: count }, () => this.proxy());
    this.clock.advance(WHOLE_MS + LEASE_MS);
    for (const { board } of stages) assertEquals(board.peers, count - 1);
    return stages;
  }
}

test("Board asks nobody until somebody wants to know", () => {
  const farm = new Farm();
  const stage = new Stage(farm, farm.servers);
  farm.clock.advance(10 * TICK_MS);
  assertEquals(farm.servers.map(({ asked }) => asked), [0, 0]);
  const fresh = seen((then) => stage.board.whenFresh(then));
  farm.clock.advance(TICK_MS);
  assertEquals(fresh(), true);
  assertEquals(farm.servers.map(({ notices }) => notices.length), [1, 1]);
});

test("Board is fresh for a lease after a look began, and no longer when servers are silent", () => {
  const farm = new Farm();
  const [{ board }] = farm.proxies(1);
  assert(board.freshUntilMs <= farm.clock.now() + LEASE_MS);
  assert(board.freshUntilMs > farm.clock.now() + LEASE_MS - TICK_MS - 1);
  const before = board.freshUntilMs;
  for (const server of farm.servers) server.silent = true;
  farm.clock.advance(TICK_MS);
  assertEquals(board.freshUntilMs, before);
});

test("Board tells others within a tick that a server misses changes, and when it does no more", () => {
  const farm = new Farm();
  const [one, other] = farm.proxies(2);
  one.board.announce(farm.servers[0], true);
  farm.clock.advance(TICK_MS);
  assertEquals([...other.waitsFor], [["a", [one.board.id]]]);
  assertEquals([...one.waitsFor], []);
  one.board.announce(farm.servers[0], false);
  farm.clock.advance(TICK_MS);
  assertEquals([...other.waitsFor], [["a", []]]);
  assertEquals([one.board.counters.announced, other.board.counters.announced], [1, 0]);
});

test("Board says that an announcement is known a lease after it was stored, with others", () => {
  const farm = new Farm();
  const [{ board }] = farm.proxies(2);
  board.announce(farm.servers[0], true);
  const known = seen((then) => board.whenKnown(farm.servers[0], then));
  farm.clock.advance(LEASE_MS - 1);
  assertEquals(known(), false);
  farm.clock.advance(1);
  assertEquals(known(), true);
  assertEquals(board.counters.late, 0);
});

test("Board that is alone says at once that an announcement is known", () => {
  const farm = new Farm();
  const [one] = farm.proxies(1);
  one.board.announce(farm.servers[0], true);
  const known = seen((then) => one.board.whenKnown(farm.servers[0], then));
  assertEquals(known(), true);
});

test("Board waits no longer for a silent server than its patience, and says so", () => {
  const farm = new Farm();
  const [one] = farm.proxies(2);
  for (const server of farm.servers) server.silent = true;
  one.board.announce(farm.servers[0], true);
  const known = seen((then) => one.board.whenKnown(farm.servers[0], then));
  farm.clock.advance(PATIENCE_MS - 1);
  assertEquals([known(), one.board.counters.late], [false, 0]);
  farm.clock.advance(1);
  assertEquals([known(), one.board.counters.late], [true, 1]);
  assertMatch(one.lines.at(-1)!, /warn not every server has our notice that a misses changes/);
});

test("Board leaves no doubt when the missed changes are made up for before they were known", () => {
  const farm = new Farm();
  const [one] = farm.proxies(2);
  one.board.announce(farm.servers[0], true);
  const known = seen((then) => one.board.whenKnown(farm.servers[0], then));
  assertEquals(known(), false);
  one.board.announce(farm.servers[0], false);
  assertEquals(known(), true);
});

test("Board writes its notices again on a server that lost them", () => {
  const farm = new Farm();
  const [one, other] = farm.proxies(2);
  one.board.announce(farm.servers[0], true);
  for (const server of farm.servers) server.texts.clear();
  farm.clock.advance(2 * TICK_MS);
  for (const { notices } of farm.servers) {
    assertEquals(notices.filter((text) => text.startsWith(`${one.board.id} `)).length, 1);
    assertEquals(notices.length, 2);
  }
  assertEquals(other.waitsFor.get("a"), [one.board.id]);
});

test("Board says at once after a flush_all what it announced before", () => {
  const farm = new Farm();
  const [one] = farm.proxies(1);
  const asked = () => farm.servers.map((server) => server.asked);
  const before = asked();
  one.board.flushed();
  assertEquals(asked(), before);
  one.board.announce(farm.servers[0], true);
  for (const server of farm.servers) server.texts.clear();
  one.board.flushed();
  for (const { notices } of farm.servers) {
    assertEquals(notices.length, 1);
    assertMatch(notices[0], new RegExp(`^${one.board.id} \\d+ a$`));
  }
});

test("Board gives what a proxy that is gone announced to somebody, until it is settled", () => {
  const farm = new Farm();
  const [killed, one, other] = farm.proxies(3);
  killed.board.announce(farm.servers[1], true);
  farm.clock.advance(TICK_MS);
  killed.kill();
  farm.clock.advance(4 * WHOLE_MS);
  assertEquals([one.board.peers, one.abandoned.length], [2, 0]);
  farm.clock.advance(3 * WHOLE_MS);
  assertEquals(one.board.peers, 1);
  const [{ proxy, server, settled }] = one.abandoned;
  assertEquals([proxy, server], [killed.board.id, "b"]);
  assertEquals(other.waitsFor.get("b"), [killed.board.id]);
  settled();
  farm.clock.advance(TICK_MS);
  assertEquals([one.waitsFor.get("b"), other.waitsFor.get("b")], [[], []]);
  assertEquals([one.board.counters.takeovers, other.board.counters.takeovers], [1, 0]);
});

test("Board frees the seat of a proxy that is gone and announced nothing", () => {
  const farm = new Farm();
  const [killed] = farm.proxies(2);
  killed.kill();
  farm.clock.advance(7 * WHOLE_MS);
  assertEquals(farm.servers.map(({ notices }) => notices.length), [1, 1]);
});

test("Board counts servers that have no seat for its notice", () => {
  const farm = new Farm();
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
  const farm = new Farm();
  const [one, other] = farm.proxies(2);
  one.board.announce(farm.servers[0], true);
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
  const farm = new Farm();
  farm.servers[0].texts.set("magent:gen", "5 restoring");
  const one = farm.proxy();
  farm.clock.advance(TICK_MS);
  assert(one.markers.includes("5 restoring"));
  assert(one.markers.includes(null));
});
