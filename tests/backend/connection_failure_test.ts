import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Rescue } from "../../src/route/route.ts";
import { settled } from "../support/settled.ts";
import {
  CONNECT_TIMEOUT_MS,
  LoneConnection,
  QUESTION,
  REQUEST_TIMEOUT_MS,
} from "./lone_connection.ts";

test("Connection closes at a reply that nobody asked for, or that makes no sense", async () => {
  for (const said of ["END\r\n", "STORED\r\n", "VALUE a 0 1\r\n1\r\n", "ERROR\r\n", "HELLO\r\n"]) {
    const lone = await new LoneConnection().open();
    await lone.receive(said);
    assertEquals(lone.told, ["opened", "closed nonsense"], said);
    assertEquals(lone.socket.isClosed, true);
  }
});

test("Connection closes at a reply that does not fit its request", async () => {
  const wrong = [
    ["get a\r\n", "STORED\r\n"],
    ["get a\r\n", "VALUE b 0 1\r\n1\r\nEND\r\n"],
    ["get a\r\n", "VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n1\r\nEND\r\n"],
    ["get a\r\n", "VALUE a 0 1\r\n1\r\nSTORED\r\n"],
    ["get a\r\n", "5\r\n"],
    ["set a 0 0 1\r\nv\r\n", "END\r\n"],
    ["set a 0 0 1\r\nv\r\n", "VALUE a 0 1\r\n1\r\nEND\r\n"],
    ["delete a\r\n", "what\r\n"],
  ];
  for (const [sent, said] of wrong) {
    const lone = await new LoneConnection().open();
    lone.send(sent);
    const behind = lone.send("delete k\r\n");
    await lone.turn();
    await lone.receive(said);
    assertEquals(lone.told, ["opened", "closed nonsense"], said);
    assertEquals(behind.failure, "nonsense in doubt");
  }
});

test("Connection takes no reply for a request that it has not sent yet", async () => {
  const lone = await new LoneConnection().open();
  const sink = lone.send("delete k\r\n");
  lone.socket.receive("DELETED\r\n");
  await settled();
  assertEquals([sink.failure, lone.told.at(-1)], ["nonsense", "closed nonsense"]);
});

test("Connection fails everyone when it is lost, in doubt only what may have left", async () => {
  const lone = await new LoneConnection().open();
  const sent = lone.send("incr n 1\r\n");
  await lone.turn();
  lone.socket.holdWrites();
  const writing = lone.send("incr n 2\r\n");
  await lone.turn();
  const waiting = lone.send("incr n 3\r\n");
  lone.socket.lose();
  await lone.turn();
  assertEquals(
    [sent.failure, writing.failure, waiting.failure],
    ["connection lost in doubt", "connection lost in doubt", "connection lost"],
  );
  const late = lone.send("get a\r\n");
  assertEquals([late.failure, lone.told.at(-1)], ["connection lost", "closed connection lost"]);
});

test("Connection tells its owner that it closed before it answers those who wait", async () => {
  const lone = await new LoneConnection().open();
  lone.send("get a\r\n");
  await lone.turn();
  const told: string[][] = [];
  const rescue: Rescue = { rescue: () => told.push([...lone.told]) };
  lone.send("get b\r\n", rescue);
  lone.connection.close("request timeout");
  lone.connection.close("connection lost");
  assertEquals(told, [["opened", "closed request timeout"]]);
  assertEquals(lone.told, ["opened", "closed request timeout"]);
});

test("Connection hands failures to the rescue, with key, command and start", async () => {
  const lone = await new LoneConnection().open();
  const rescued: string[] = [];
  const rescue: Rescue = {
    rescue: (request, sink, failure, startedMs) => {
      rescued.push(`${request.command.name} ${request.keyText()} ${startedMs}`);
      sink.reply(failure);
    },
  };
  const startedMs = lone.clock.now();
  const sinks = ["get alpha", "get beta", "delete gamma", "set delta 0 0 1\r\nv", "gets epsilon"]
    .map((line) => lone.send(`${line}\r\n`, rescue));
  const bare = lone.send("delete zeta\r\n");
  await lone.turn();
  lone.clock.advance(5);
  lone.socket.lose();
  await lone.turn();
  assertEquals(
    rescued,
    ["get alpha", "get beta", "delete gamma", "set delta", "gets epsilon"]
      .map((text) => `${text} ${startedMs}`),
  );
  for (const sink of [...sinks, bare]) assertEquals(sink.failure, "connection lost in doubt");
});

test("Connection closes when nothing comes for too long while a reply is owed", async () => {
  const lone = await new LoneConnection().open();
  lone.clock.advance(10 * REQUEST_TIMEOUT_MS);
  const first = lone.send("get a\r\n");
  await lone.turn();
  lone.clock.advance(REQUEST_TIMEOUT_MS - 1);
  await lone.receive("END\r\n");
  const second = lone.send("get b\r\n");
  await lone.turn();
  lone.clock.advance(REQUEST_TIMEOUT_MS - 1);
  assertEquals(second.answered, false);
  lone.clock.advance(1);
  assertEquals([first.status, second.failure], ["Miss", "request timeout in doubt"]);
  assertEquals(lone.told.at(-1), "closed request timeout");
});

test("Connection does not time out while nothing is owed", async () => {
  const lone = await new LoneConnection().open();
  lone.send("get a\r\n");
  await lone.turn();
  await lone.receive("END\r\n");
  lone.clock.advance(100 * REQUEST_TIMEOUT_MS);
  assertEquals(lone.connection.state, "open");
  assertEquals(lone.clock.pending, 0);
});

test("Connection does not take the wait for the end of a turn for silence", async () => {
  const lone = await new LoneConnection().open();
  lone.send("get a\r\n");
  await lone.turn();
  await lone.receive("END\r\n");
  // The timer of the first request fires between this and the end of its turn.
  lone.send("get b\r\n");
  lone.clock.advance(REQUEST_TIMEOUT_MS);
  assertEquals(lone.connection.state, "open");
  await lone.turn();
  assertEquals(lone.socket.sent.endsWith("get b\r\n"), true);
  lone.clock.advance(REQUEST_TIMEOUT_MS - 1);
  assertEquals(lone.connection.state, "open");
  lone.clock.advance(1);
  assertEquals(lone.connection.state, "closed");
});

test("Connection does not time out while a long value keeps coming", async () => {
  const lone = await new LoneConnection().open();
  const sink = lone.send("get a\r\n");
  await lone.turn();
  await lone.receive("VALUE a 0 1000\r\n");
  for (let part = 0; part < 10; part++) {
    lone.clock.advance(REQUEST_TIMEOUT_MS - 1);
    await lone.receive("x".repeat(100));
  }
  assertEquals(lone.connection.state, "open");
  lone.clock.advance(REQUEST_TIMEOUT_MS);
  assertEquals(sink.calls.at(-1), "broken");
});

test("Connection closes when the server does not take what is written", async () => {
  const lone = await new LoneConnection().open();
  lone.socket.holdWrites();
  const sink = lone.send("get a\r\n");
  await lone.turn();
  lone.clock.advance(REQUEST_TIMEOUT_MS);
  assertEquals(sink.failure, "request timeout in doubt");
});

test("Connection refuses what is beyond its limits, and goes on", async () => {
  const byCount = await new LoneConnection({ requestsMax: 2 }).open();
  const sinks = ["a", "b", "c"].map((key) => byCount.send(`get ${key}\r\n`));
  assertEquals(sinks.map(({ failure }) => failure), [null, null, "overload"]);
  await byCount.turn();
  await byCount.receive("END\r\n");
  assertEquals(byCount.send("get d\r\n").answered, false);

  const byBytes = await new LoneConnection({ bytesMax: 20 }).open();
  byBytes.send("set a 0 0 1\r\nv\r\n");
  byBytes.send("delete k\r\n");
  assertEquals(byBytes.send("delete k\r\n").failure, "overload");
  await byBytes.turn();
  assertEquals(byBytes.send("delete k\r\n").answered, false);
});

test("Connection asks who the server is before it sends anything", async () => {
  const lone = new LoneConnection();
  lone.send("get a\r\n");
  await lone.turn();
  assertEquals([lone.connection.state, lone.told], ["open", ["opened"]]);
  assertEquals(lone.socket.writes, [QUESTION, "get a\r\n"]);
  assertEquals(lone.connection.abilities, {
    version: "1.6.18",
    meta: true,
    identity: null,
  });
});

test("Connection that cannot be opened fails everyone, not in doubt", async () => {
  const lone = new LoneConnection({}, "never");
  const sink = lone.send("get a\r\n");
  lone.clock.advance(CONNECT_TIMEOUT_MS);
  await lone.turn();
  assertEquals([sink.failure, lone.told], ["connect timeout", ["closed connect timeout"]]);
});

test("Connection that is closed while it opens leaves nothing open", async () => {
  const lone = new LoneConnection();
  const sink = lone.send("get a\r\n");
  lone.connection.close(null);
  await lone.turn();
  assertEquals([sink.failure, lone.told], ["shutdown", ["closed null"]]);
  assertEquals(lone.network.sockets.every(({ isClosed }) => isClosed), true);
  assertEquals(lone.clock.pending, 0);
});
