import { test } from "node:test";
import { assertEquals, assertGreater } from "@std/assert";
import type { Rescue } from "../../src/route/route.ts";
import { CONNECT_TIMEOUT_MS, LoneBackend, PROBE_MS, REQUEST_TIMEOUT_MS } from "./lone_backend.ts";

/** Refused at once: the shortest way out of service. */
async function ejected(): Promise<LoneBackend> {
  const lone = new LoneBackend();
  lone.network.welcome = "refused";
  lone.send("get k\r\n");
  await lone.turn();
  return lone;
}

test("Backend connects when it is first asked, and counts what it does", async () => {
  const lone = new LoneBackend();
  assertEquals([lone.network.attempts, lone.backend.poolSize], [0, 0]);
  assertEquals([lone.backend.usable, lone.backend.readable], [true, true]);
  assertEquals(await lone.exchange(), "Miss");
  assertEquals(await lone.exchange(), "Miss");
  assertEquals([lone.network.attempts, lone.backend.poolSize], [1, 1]);
  const { requests, replies, failures, connects } = lone.backend.counters;
  assertEquals({ requests, replies, failures, connects }, {
    requests: 2,
    replies: 2,
    failures: 0,
    connects: 1,
  });
  assertEquals(lone.backend.status.version, "1.6.18");
});

test("Backend counts the failure of everyone who asked for the same key", async () => {
  const lone = new LoneBackend();
  await lone.exchange();
  const sinks = ["a", "b", "a", "a"].map((key) => lone.send(`get ${key}\r\n`));
  await lone.turn();
  assertEquals(lone.backend.status.depth, 4);
  lone.network.last.receive("VALUE b 0 1\r\n1\r\n");
  await lone.turn();
  assertEquals(lone.backend.status.depth, 0);
  const more = ["c", "c", "d"].map((key) => lone.send(`get ${key}\r\n`));
  await lone.turn();
  lone.network.last.lose();
  await lone.turn();
  assertEquals(sinks.map(({ status }) => status), ["Miss", "Hit", "Miss", "Miss"]);
  assertEquals(more.map(({ failure }) => failure), new Array(3).fill("connection lost in doubt"));
  const { requests, replies, failures } = lone.backend.counters;
  assertEquals({ requests, replies, failures }, { requests: 8, replies: 2, failures: 3 });
});

test("Backend knows whether its server speaks meta", async () => {
  for (const [welcome, meta] of [["meta", true], ["no meta", false]] as const) {
    const lone = new LoneBackend();
    lone.network.welcome = welcome;
    await lone.exchange();
    assertEquals(lone.backend.speaksMeta, meta);
  }
});

test("Backend is ejected at once when it refuses the connection", async () => {
  const lone = await ejected();
  assertEquals([lone.backend.usable, lone.backend.readable], [false, false]);
  assertEquals([lone.backend.health.ejections, lone.backend.status.reason], [1, "refused"]);
  assertEquals(lone.backend.counters.byReason, new Map([["refused", 1]]));
  assertEquals(lone.logged, [
    "warn backend server:11211 ejected: refused; reads go to the backup, probes have started",
  ]);
});

test("Backend that is ejected answers at once, to the rescue when there is one", async () => {
  const lone = await ejected();
  const sink = lone.send("get k\r\n");
  assertEquals([sink.failure, lone.network.attempts], ["ejected", 1]);
  const rescued: string[] = [];
  const rescue: Rescue = { rescue: (request) => rescued.push(request.keyText()) };
  lone.send("get key\r\n", rescue);
  assertEquals(rescued, ["key"]);
});

test("Backend is ejected after failures of connections, not of requests", async () => {
  const lone = new LoneBackend();
  for (let failure = 1; failure <= 3; failure++) {
    const sinks = Array.from({ length: 200 }, () => lone.send("delete k\r\n"));
    await lone.turn();
    await lone.pass(REQUEST_TIMEOUT_MS);
    assertEquals(sinks[199].failure, "request timeout in doubt");
    assertEquals(lone.backend.usable, failure < 3);
  }
  assertEquals(lone.backend.counters.byReason, new Map([["request timeout", 3]]));
});

test("Backend cannot be read while it reconnects", async () => {
  const lone = new LoneBackend();
  await lone.exchange();
  lone.send("get k\r\n");
  await lone.turn();
  lone.network.welcome = "silent";
  lone.network.last.lose();
  await lone.turn();
  assertEquals([lone.network.attempts, lone.backend.usable], [2, true]);
  assertEquals([lone.backend.readable, lone.backend.poolSize], [false, 0]);
  lone.network.last.receive("VERSION 1.6.18\r\nMN\r\n");
  await lone.turn();
  assertEquals([lone.backend.readable, lone.backend.poolSize], [true, 1]);
});

test("Backend probes an ejected server, with longer and longer pauses", async () => {
  const lone = await ejected();
  for (const [probe, pause] of [PROBE_MS, 1.5 * PROBE_MS, 2.25 * PROBE_MS].entries()) {
    await lone.pass(pause - 1);
    assertEquals(lone.backend.counters.probes, probe);
    await lone.pass(1);
    assertEquals(lone.backend.counters.probes, probe + 1);
    assertEquals(lone.network.attempts, probe + 2);
  }
  assertEquals([lone.backend.usable, lone.backend.health.ejections], [false, 1]);
});

test("Backend takes a server back when a probe is answered, and uses its connection", async () => {
  const lone = await ejected();
  lone.network.welcome = "meta";
  await lone.pass(PROBE_MS);
  assertEquals([lone.backend.usable, lone.backend.readable, lone.backend.poolSize], [
    true,
    true,
    1,
  ]);
  assertEquals(lone.logged.at(-1), "info backend server:11211 readmitted: probe answered");
  assertEquals(await lone.exchange(), "Miss");
  assertEquals(lone.network.attempts, 2);
  await lone.pass(100 * PROBE_MS);
  assertEquals(lone.backend.counters.probes, 1);
});

test("Backend does not take back a server that accepts and says nothing", async () => {
  const lone = await ejected();
  lone.network.welcome = "silent";
  await lone.pass(PROBE_MS);
  await lone.pass(CONNECT_TIMEOUT_MS);
  assertEquals([lone.backend.usable, lone.network.last.isClosed], [false, true]);
  await lone.pass(1.5 * PROBE_MS);
  assertEquals(lone.backend.counters.probes, 2);
});

test("Backend is not failing when it closes a connection that was idle for a while", async () => {
  const lone = new LoneBackend();
  await lone.exchange();
  for (let round = 1; round <= 10; round++) {
    await lone.pass(1000);
    lone.network.last.receiveEnd();
    await lone.turn();
    assertEquals([lone.backend.usable, lone.backend.poolSize], [true, 1]);
    assertEquals(lone.network.attempts, round + 1);
  }
  assertEquals(lone.backend.counters.byReason.size, 0);
});

test("Backend is failing when it closes at once, or while it owes a reply", async () => {
  const atOnce = new LoneBackend();
  await atOnce.exchange();
  for (let round = 0; round < 3; round++) {
    assertEquals(atOnce.backend.usable, true);
    atOnce.network.last.receiveEnd();
    await atOnce.turn();
  }
  assertEquals([atOnce.backend.usable, atOnce.backend.status.reason], [false, "connection lost"]);

  const owing = new LoneBackend();
  await owing.exchange();
  await owing.pass(5000);
  owing.send("get k\r\n");
  await owing.turn();
  owing.network.last.receiveEnd();
  await owing.turn();
  assertEquals(owing.backend.counters.byReason, new Map([["connection lost", 1]]));
});

test("Backend sends all requests of a key over one connection", async () => {
  const lone = new LoneBackend({ connections: 3 });
  for (let key = 0; key < 30; key++) {
    lone.send(`get k${key}\r\n`);
    lone.send(`delete k${key}\r\n`);
    lone.send(`get k${key}\r\n`);
  }
  await lone.turn();
  assertEquals(lone.network.sockets.length, 3);
  for (const { sent } of lone.network.sockets) {
    const keys = sent.split("\r\n").slice(2, -1)
      .flatMap((line) => line.split(" ").slice(1).map((key) => `${line.split(" ")[0]} ${key}`));
    for (const key of new Set(keys.map((line) => line.split(" ")[1]))) {
      const ofKey = keys.filter((line) => line.endsWith(` ${key}`));
      assertEquals(ofKey, [`get ${key}`, `delete ${key}`, `get ${key}`]);
    }
  }
});

test("Backend that is closed answers who waits, connects no more and probes no more", async () => {
  const lone = new LoneBackend();
  await lone.exchange();
  const waiting = lone.send("get k\r\n");
  lone.backend.close();
  lone.backend.close();
  await lone.turn();
  assertEquals([waiting.failure, lone.send("get k\r\n").failure], ["shutdown", "shutdown"]);
  assertEquals([lone.network.attempts, lone.network.last.isClosed], [1, true]);

  const probed = await ejected();
  probed.backend.close();
  await probed.pass(100 * PROBE_MS);
  assertEquals([probed.network.attempts, probed.clock.pending], [1, 0]);
});

test("Backend that flaps must answer several probes, each on a connection of its own", async () => {
  const lone = new LoneBackend();
  for (let time = 0; time < 3; time++) {
    lone.network.welcome = "refused";
    lone.send("get k\r\n");
    await lone.turn();
    if (time > 0) {
      lone.network.last.lose();
      await lone.turn();
    }
    assertEquals(lone.backend.status.state, "ejected");
    lone.network.welcome = "meta";
    await lone.pass(PROBE_MS * 1.5 ** (time === 2 ? 2 : 0));
  }
  const { health, counters } = lone.backend;
  assertEquals([health.state, health.flaps, health.probesPassed], ["ejected", 1, 1]);
  assertEquals([lone.backend.usable, lone.backend.poolSize], [false, 0]);
  await lone.pass(PROBE_MS * 1.5 ** 2);
  assertEquals([health.state, lone.backend.poolSize, counters.probes], ["up", 1, 4]);
  assertEquals(lone.logged.filter((line) => line.includes("flapping")), [
    "info backend server:11211 is flapping: probe 1 of 2",
  ]);
  assertEquals(await lone.exchange(), "Miss");
});

test("Backend that is forced down answers who waits, and is not probed until it is let go", async () => {
  const lone = new LoneBackend();
  await lone.exchange();
  const sink = lone.send("get k\r\n");
  await lone.turn();
  lone.backend.force("down");
  assertEquals(sink.failure, "ejected in doubt");
  const { state, reason } = lone.backend.status;
  assertEquals([state, reason, lone.backend.usable], ["down", "operator", false]);
  assertEquals(lone.send("get k\r\n").failure, "ejected");
  await lone.pass(3_600_000);
  assertEquals([lone.network.attempts, lone.clock.pending], [1, 0]);
  lone.backend.force(null);
  await lone.pass(0);
  assertEquals([lone.backend.status.state, lone.network.attempts], ["up", 2]);
  assertEquals(await lone.exchange(), "Miss");
});

test("Backend that is forced up is probed at once, and tells who wants it so", async () => {
  const lone = await ejected();
  lone.network.welcome = "meta";
  lone.backend.force("up");
  await lone.pass(0);
  assertEquals([lone.backend.status.state, lone.backend.status.reason], ["up", "operator"]);
  for (let time = 0; time < 5; time++) {
    lone.send("get k\r\n");
    await lone.turn();
    await lone.pass(REQUEST_TIMEOUT_MS);
  }
  assertEquals(lone.backend.usable, true);
});

test("Backend measures how long its requests wait", async () => {
  const lone = new LoneBackend();
  await lone.exchange();
  lone.send("get k\r\n");
  await lone.turn();
  lone.clock.advance(20);
  lone.network.last.receive("END\r\n");
  await lone.turn();
  assertEquals(lone.backend.latency.count, 2);
  assertGreater(lone.backend.latency.quantile(1), 19);
});
