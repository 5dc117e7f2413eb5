import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Health, type HealthOptions } from "../../src/backend/health.ts";

const OPTIONS: HealthOptions = {
  failureLimit: 3,
  probeMs: 500,
  probeMaxMs: 10_000,
  random: () => 0.5,
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
