import { test } from "node:test";
import { assertEquals, assertRejects } from "@std/assert";
import { Handshake } from "../../src/backend/handshake.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeNetwork, type Welcome } from "../support/fake_network.ts";
import { settled } from "../support/settled.ts";

const TIMEOUT_MS = 500;

function handshake(welcome: Welcome) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  network.welcome = welcome;
  const shake = new Handshake({
    runtime: network,
    clock,
    address: { transport: "unix", path: "/nowhere" },
    timeoutMs: TIMEOUT_MS,
    identify: false,
  });
  return { clock, network, shake };
}

/** What comes of a server that says this, piece by piece, and then nothing more. */
async function said(pieces: readonly string[], { ends = false } = {}) {
  const { clock, network, shake } = handshake("silent");
  const performed = shake.perform().then(({ abilities }) => abilities, () => null);
  await settled();
  for (const piece of pieces) {
    network.last.receive(piece);
    await settled();
  }
  if (ends) network.last.receiveEnd();
  await settled();
  clock.advance(TIMEOUT_MS);
  const abilities = await performed;
  return { abilities, failure: shake.failure, closed: network.last.isClosed, clock };
}

test("Handshake learns the version, and whether there are meta commands", async () => {
  const answers = [
    ["VERSION 1.6.18\r\nMN\r\n", { version: "1.6.18", meta: true, identity: null }],
    ["VERSION 1.4.0\r\nERROR\r\n", { version: "1.4.0", meta: false, identity: null }],
    ["VERSION 1.6 (Ubuntu) x\r\nMN\r\n", { version: "1.6 (Ubuntu) x", meta: true, identity: null }],
  ] as const;
  for (const [answer, abilities] of answers) {
    for (const pieces of [[answer], [...answer], [answer.slice(0, 16), answer.slice(16)]]) {
      const result = await said(pieces);
      assertEquals([result.abilities, result.failure, result.closed], [abilities, null, false]);
      assertEquals(result.clock.pending, 0);
    }
  }
});

test("Handshake gives up a server that says something else", async () => {
  const garbage = ["HTTP/1.1 400 Bad Request\r\n", "ERROR\r\n", "\x81\x00", "VERSIOM 1\r\nMN\r\n"];
  for (const answer of garbage) {
    for (const pieces of [[answer], [...answer]]) {
      const result = await said(pieces);
      assertEquals([result.abilities, result.failure, result.closed], [null, "nonsense", true]);
    }
  }
});

test("Handshake gives up a server that never comes to an end", async () => {
  const noEnd = await said([`VERSION ${"1".repeat(2000)}`]);
  assertEquals([noEnd.failure, noEnd.closed], ["connection lost", true]);
  for (const answer of ["", "VERSION 1.6.18\r\n", "VERSION 1.6.18\r\nMN\r\nmore"]) {
    const result = await said(answer === "" ? [] : [answer]);
    assertEquals([result.abilities, result.failure, result.closed], [
      null,
      "connect timeout",
      true,
    ]);
  }
});

test("Handshake gives up a server that closes", async () => {
  for (const pieces of [[], ["VERSION 1.6.18\r\n"]]) {
    const result = await said(pieces, { ends: true });
    assertEquals([result.failure, result.closed], ["connection lost", true]);
  }
});

test("Handshake tells why it could not connect", async () => {
  const reasons = [
    ["refused", "refused"],
    ["unreachable", "unreachable"],
    ["unresolved", "unresolved"],
    ["not permitted", "connection lost"],
    ["failed", "connection lost"],
  ] as const;
  for (const [welcome, failure] of reasons) {
    const { clock, shake } = handshake(welcome);
    await assertRejects(() => shake.perform());
    assertEquals([shake.failure, clock.pending], [failure, 0]);
  }
});

test("Handshake gives up a connect that takes too long, or is not wanted any more", async () => {
  const late = handshake("never");
  const performed = late.shake.perform().catch(() => "rejected");
  late.clock.advance(TIMEOUT_MS);
  assertEquals([await performed, late.shake.failure], ["rejected", "connect timeout"]);

  for (const welcome of ["never", "silent"] as const) {
    const { clock, network, shake } = handshake(welcome);
    const performed = shake.perform().catch(() => "rejected");
    await settled();
    shake.cancel();
    assertEquals([await performed, shake.failure], ["rejected", "shutdown"]);
    assertEquals(network.sockets.every(({ isClosed }) => isClosed), true);
    assertEquals(clock.pending, 0);
  }
});

test("Handshake that is done leaves its socket alone", async () => {
  const { clock, network, shake } = handshake("meta");
  await shake.perform();
  shake.cancel();
  clock.advance(10 * TIMEOUT_MS);
  assertEquals(network.last.isClosed, false);
});
