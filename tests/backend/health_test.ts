import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Health, type HealthOptions } from "../../src/backend/health.ts";

const OPTIONS: HealthOptions = {
  failureLimit: 3,
  probeMs: 500,
  probeMaxMs: 10_000,
  flapLimit: 0,
  flapWindowMs: 30_000,
  random: () => 0.5,
  now: () => 0,
};

test("Health ejects after so many failures in a row", () => {
  const health = new Health(OPTIONS);
  assertEquals(health.failed("request timeout"), false);
  assertEquals(health.failed("connection lost"), false);
  assertEquals([health.state, health.reason], ["up", "connection lost"]);
  assertEquals(health.failed("nonsense"), true);
  assertEquals([health.state, health.reason, health.ejections], ["ejected", "nonsense", 1]);
});

test("Health forgets failures when the server answers", () => {
  const health = new Health(OPTIONS);
  for (let round = 0; round < 5; round++) {
    health.failed("connection lost");
    health.failed("connection lost");
    health.answered();
  }
  assertEquals([health.state, health.failuresInRow], ["up", 0]);
});

test("Health ejects at once when the connection is refused", () => {
  const health = new Health(OPTIONS);
  assertEquals([health.failed("refused"), health.state], [true, "ejected"]);
});

test("Health ejects once, and keeps the first reason", () => {
  const health = new Health({ ...OPTIONS, failureLimit: 1 });
  assertEquals(health.failed("request timeout"), true);
  assertEquals(health.failed("refused"), false);
  assertEquals([health.reason, health.ejections], ["request timeout", 1]);
  health.readmit();
  assertEquals([health.state, health.failuresInRow], ["up", 0]);
  assertEquals([health.failed("connection lost"), health.ejections], [true, 2]);
});

test("Health waits longer from probe to probe, and begins anew with each ejection", () => {
  const health = new Health({ ...OPTIONS, failureLimit: 1 });
  health.failed("refused");
  const pauses = Array.from({ length: 10 }, () => health.nextProbeMs());
  assertEquals(pauses.slice(0, 4), [500, 750, 1125, 1687.5]);
  assertEquals(pauses.slice(-2), [10_000, 10_000]);
  for (let probe = 0; probe < 2000; probe++) health.nextProbeMs();
  assertEquals(health.nextProbeMs(), 10_000);
  health.readmit();
  health.failed("refused");
  assertEquals(health.nextProbeMs(), 500);
});

test("Health varies its pauses by a quarter at most", () => {
  for (const [random, factor] of [[0, 0.75], [0.25, 0.875], [0.75, 1.125]]) {
    const health = new Health({ ...OPTIONS, random: () => random });
    assertEquals(health.nextProbeMs(), 500 * factor);
    assertEquals(health.nextProbeMs(), 750 * factor);
  }
});

/** Ejected and taken back so many times, each time this long after the last return. */
function flapped(times: number, everyMs = 1000): { health: Health; nowMs: () => number } {
  let nowMs = 0;
  const health = new Health({ ...OPTIONS, flapLimit: 3, now: () => nowMs });
  for (let time = 0; time < times; time++) {
    if (time > 0) health.readmit();
    nowMs += everyMs;
    health.failed("refused");
  }
  return { health, nowMs: () => nowMs };
}

test("Health asks more probes of a server that is ejected again and again", () => {
  const needed = [1, 2, 3, 4, 5, 6, 7, 8].map((times) => flapped(times).health.probesNeeded);
  assertEquals(needed, [1, 1, 2, 3, 4, 5, 5, 5]);
  assertEquals([2, 3, 5].map((times) => flapped(times).health.flaps), [0, 1, 3]);
});

test("Health waits longer for a flapping server, and no longer from answer to answer", () => {
  const { health } = flapped(3);
  assertEquals(health.nextProbeMs(), 500 * 1.5 ** 2);
  assertEquals(health.nextProbeMs(), 500 * 1.5 ** 3);
  assertEquals(health.probePassed(), false);
  assertEquals([health.nextProbeMs(), health.nextProbeMs()], [1125, 1125]);
  assertEquals(flapped(20).health.nextProbeMs(), 10_000);
});

test("Health begins to count probes anew when one fails", () => {
  const { health } = flapped(4);
  assertEquals([health.probePassed(), health.probePassed()], [false, false]);
  health.failed("connect timeout");
  assertEquals([health.probesPassed, health.probePassed(), health.probePassed()], [
    0,
    false,
    false,
  ]);
  assertEquals(health.probePassed(), true);
});

test("Health forgives a server that stayed up for the window", () => {
  assertEquals(flapped(9, OPTIONS.flapWindowMs).health.probesNeeded, 1);
  assertEquals(flapped(9, OPTIONS.flapWindowMs - 1).health.probesNeeded, 5);
});

test("Health damps nothing with a limit of 0", () => {
  const health = new Health({ ...OPTIONS, flapLimit: 0 });
  for (let time = 0; time < 9; time++) {
    health.readmit();
    health.failed("refused");
  }
  assertEquals([health.probesNeeded, health.flaps, health.nextProbeMs()], [1, 0, 500]);
});

test("Health keeps a server down that the operator forced down, whatever happens", () => {
  const health = new Health(OPTIONS);
  health.force("down");
  assertEquals([health.state, health.reason], ["down", "operator"]);
  assertEquals([health.failed("refused"), health.ejections], [false, 0]);
  health.answered();
  assertEquals([health.state, health.reason], ["down", "operator"]);
  health.force(null);
  assertEquals([health.state, health.override], ["ejected", null]);
});

test("Health forced up bears timeouts, but not a server that cannot be connected", () => {
  const health = new Health(OPTIONS);
  health.force("up");
  for (let time = 0; time < 9; time++) assertEquals(health.failed("request timeout"), false);
  assertEquals([health.failed("refused"), health.state], [true, "ejected"]);
  assertEquals([health.nextProbeMs(), health.nextProbeMs()], [500, 500]);
});

test("Health forgets at the operator's word what was held against a server", () => {
  const { health } = flapped(6);
  health.force("up");
  assertEquals([health.probesNeeded, health.state, health.reason], [1, "ejected", "refused"]);
  health.force(null);
  assertEquals([health.probesNeeded, health.nextProbeMs()], [1, 500]);
});
