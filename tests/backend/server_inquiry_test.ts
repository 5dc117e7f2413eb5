import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Answer } from "../../src/backend/inquiry.ts";
import { type AskedServer, ServerInquiry } from "../../src/backend/server_inquiry.ts";
import { InquiryCounters } from "../../src/stats/inquiry_counters.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeNetwork } from "../support/fake_network.ts";
import { settled } from "../support/settled.ts";

const TIMEOUT_MS = 1000;

/** An inquiry of servers that the test plays, and what it was told. */
class Stage {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork();
  readonly counters = new InquiryCounters();
  readonly told: string[] = [];
  readonly inquiry: ServerInquiry;

  constructor(limits: { runningMax?: number; waitingMax?: number; answerBytes?: number } = {}) {
    this.network.welcome = "silent";
    this.inquiry = new ServerInquiry({
      runtime: this.network,
      clock: this.clock,
      timeoutMs: TIMEOUT_MS,
      answerBytes: 100,
      runningMax: 2,
      waitingMax: 1,
      counters: this.counters,
      ...limits,
    });
  }

  async ask(name: string, line: string, server: Partial<AskedServer> = {}): Promise<void> {
    const told = ({ text, failure }: Answer) => this.told.push(`${name}: ${failure ?? text}`);
    this.inquiry.ask(serverNamed(name, server), line, told);
    await settled();
  }

  async receive(at: number, ...chunks: string[]): Promise<void> {
    for (const chunk of chunks) {
      this.network.sockets[at].receive(chunk);
      await settled();
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settled();
  }
}

function serverNamed(name: string, server: Partial<AskedServer> = {}): AskedServer {
  const address = { transport: "tcp", hostname: "192.0.2.1", port: 1 } as const;
  return { name, address, usable: true, ...server };
}

test("ServerInquiry asks on a socket of its own and closes it", async () => {
  const stage = new Stage();
  await stage.ask("a", "stats items");
  assertEquals(stage.network.last.sent, "stats items\r\n");
  await stage.receive(0, "STAT x 1\r\nSTAT y 2\r\nEND\r\n");
  assertEquals(stage.told, ["a: STAT x 1\r\nSTAT y 2\r\nEND\r\n"]);
  assertEquals([stage.network.last.isClosed, stage.clock.pending], [true, 0]);
});

for (
  const line of [
    "END",
    "OK",
    "RESET",
    "ERROR",
    "CLIENT_ERROR bad",
    "SERVER_ERROR out of memory",
    "BUSY currently processing request",
    "BADCLASS invalid src or dst class id",
  ]
) {
  test(`ServerInquiry takes ${line} for the end, also byte by byte`, async () => {
    const stage = new Stage();
    await stage.ask("a", "question");
    await stage.receive(0, ..."STAT x 1\r\n", ...line, "\r");
    assertEquals(stage.told, []);
    await stage.receive(0, "\n");
    assertEquals(stage.told, [`a: STAT x 1\r\n${line}\r\n`]);
  });
}

test("ServerInquiry does not ask an ejected server", async () => {
  const stage = new Stage();
  await stage.ask("a", "stats", { usable: false });
  assertEquals([stage.told, stage.network.attempts], [["a: ejected"], 0]);
});

test("ServerInquiry says why it has no answer", async () => {
  const stage = new Stage();
  await stage.ask("silent", "stats");
  await stage.pass(TIMEOUT_MS - 1);
  assertEquals(stage.told, []);
  await stage.pass(1);
  stage.network.welcome = "never";
  await stage.ask("unheard", "stats");
  await stage.pass(TIMEOUT_MS);
  stage.network.welcome = "refused";
  await stage.ask("dead", "stats");
  stage.network.welcome = "silent";
  await stage.ask("leaving", "stats");
  stage.network.last.receiveEnd();
  await settled();
  await stage.ask("talking", "stats");
  await stage.receive(2, "STAT too many 1\r\n".repeat(10));
  assertEquals(stage.told, [
    "silent: request timeout",
    "unheard: connect timeout",
    "dead: refused",
    "leaving: connection lost",
    "talking: nonsense",
  ]);
  assertEquals(stage.counters.failed, 5);
  assertEquals(stage.network.sockets.map(({ isClosed }) => isClosed), [true, true, true]);
});

test("ServerInquiry runs so many at a time, lets so many wait, and refuses the rest", async () => {
  const stage = new Stage();
  for (const name of ["a", "b", "c", "d"]) await stage.ask(name, "stats");
  assertEquals(stage.told, ["d: overload"]);
  assertEquals(stage.network.attempts, 2);
  await stage.receive(0, "END\r\n");
  assertEquals(stage.network.attempts, 3);
  await stage.receive(2, "END\r\n");
  assertEquals(stage.told.slice(1), ["a: END\r\n", "c: END\r\n"]);
  const { asked, failed, refused } = stage.counters;
  assertEquals({ asked, failed, refused }, { asked: 4, failed: 0, refused: 1 });
});

test("ServerInquiry answers in time also who waits in line", async () => {
  const stage = new Stage({ runningMax: 1 });
  await stage.ask("a", "stats");
  await stage.ask("b", "stats");
  await stage.pass(TIMEOUT_MS);
  assertEquals(stage.told, ["a: request timeout", "b: overload"]);
  await stage.ask("c", "stats");
  await stage.receive(1, "END\r\n");
  assertEquals(stage.told[2], "c: END\r\n");
});

test("ServerInquiry asks the same only once while the question has not left", async () => {
  const stage = new Stage({ runningMax: 1 });
  await stage.ask("a", "stats");
  await stage.ask("b", "stats");
  await stage.ask("b", "stats");
  await stage.receive(0, "END\r\n");
  // Its line has left: who asks now must be told what is true now.
  await stage.ask("b", "stats");
  await stage.receive(1, "STAT n 1\r\nEND\r\n");
  await stage.receive(2, "STAT n 2\r\nEND\r\n");
  const once = "b: STAT n 1\r\nEND\r\n";
  assertEquals(stage.told.slice(1), [once, once, "b: STAT n 2\r\nEND\r\n"]);
  assertEquals(stage.network.attempts, 3);
});

test("ServerInquiry gives every command of its own, also the same twice", async () => {
  const stage = new Stage({ runningMax: 1, waitingMax: 2 });
  await stage.ask("a", "stats");
  await stage.ask("a", "slabs reassign 1 2");
  await stage.ask("a", "slabs reassign 1 2");
  for (const at of [0, 1, 2]) await stage.receive(at, "OK\r\n");
  assertEquals(stage.network.attempts, 3);
});

test("ServerInquiry collects the answers of all in their order", async () => {
  const stage = new Stage();
  let answers: readonly Answer[] = [];
  const servers = [serverNamed("a"), serverNamed("b", { usable: false }), serverNamed("c")];
  stage.inquiry.askAll(servers, "stats", (all) => answers = all);
  await settled();
  await stage.receive(1, "STAT c 1\r\nEND\r\n");
  assertEquals(answers, []);
  await stage.receive(0, "END\r\n");
  assertEquals(answers.map(({ text, failure }) => text ?? failure), [
    "END\r\n",
    "ejected",
    "STAT c 1\r\nEND\r\n",
  ]);
});

test("ServerInquiry answers everyone when it closes", async () => {
  const stage = new Stage({ runningMax: 1 });
  await stage.ask("a", "stats");
  await stage.ask("b", "stats");
  stage.inquiry.close();
  stage.inquiry.close();
  await settled();
  await stage.ask("c", "stats");
  assertEquals(stage.told, ["a: shutdown", "b: shutdown", "c: shutdown"]);
  assertEquals([stage.network.last.isClosed, stage.clock.pending], [true, 0]);
});
