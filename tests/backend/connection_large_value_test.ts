import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { LoneConnection, REQUEST_TIMEOUT_MS } from "./lone_connection.ts";

const LENGTH = TEST_STREAM_BYTES + 6;
const HEAD = `VALUE a 0 ${LENGTH}\r\n`;
const VALUE = "x".repeat(LENGTH);

test("Connection passes a large value through in parts", async () => {
  const lone = await new LoneConnection().open();
  const sinks = ["a", "b"].map((key) => lone.send(`get ${key}\r\n`));
  const behind = lone.send("delete k\r\n");
  await lone.turn();
  await lone.receive(`${HEAD}${VALUE.slice(0, 10)}`);
  assertEquals(sinks[0].calls, ["begin Hit", "part"]);
  await lone.receive(`${VALUE.slice(10)}\r`);
  await lone.receive("\nVALUE b 0 1\r\n1\r\nEND\r\nDELETED\r\n");
  assertEquals(sinks[0].calls, ["begin Hit", "part", "part", "part", "end"]);
  assertEquals(sinks[0].text, `${HEAD}${VALUE}\r\n`);
  assertEquals([sinks[1].status, behind.status], ["Hit", "Deleted"]);
});

test("Connection finds the owner of a large value among merged keys", async () => {
  const lone = await new LoneConnection().open();
  const sinks = ["x", "a", "y"].map((key) => lone.send(`get ${key}\r\n`));
  await lone.turn();
  await lone.receive(`${HEAD}${VALUE}\r\nEND\r\n`);
  assertEquals(sinks.map(({ status }) => status), ["Miss", "Hit", "Miss"]);
});

test("Connection breaks off a large value when it is lost", async () => {
  const lone = await new LoneConnection().open();
  const sinks = ["a", "b"].map((key) => lone.send(`get ${key}\r\n`));
  await lone.turn();
  await lone.receive(`${HEAD}xxx`);
  lone.socket.lose();
  await lone.turn();
  assertEquals(sinks[0].calls, ["begin Hit", "part", "broken"]);
  assertEquals(sinks[1].failure, "connection lost in doubt");
});

test("Connection is not read while the one who waits for a large value cannot take more", async () => {
  const lone = await new LoneConnection().open();
  const sink = lone.send("get a\r\n");
  await lone.turn();
  sink.backedUp = true;
  await lone.receive(`${HEAD}${VALUE.slice(0, 20)}`);
  await lone.receive(VALUE.slice(20, 40));
  assertEquals([sink.text, lone.socket.unread], [`${HEAD}${VALUE.slice(0, 20)}`, 1]);
  // However long that takes, the server is not to blame.
  lone.clock.advance(3 * REQUEST_TIMEOUT_MS);
  sink.drain();
  await lone.turn();
  assertEquals([sink.text, lone.connection.state], [`${HEAD}${VALUE.slice(0, 40)}`, "open"]);
  await lone.receive(`${VALUE.slice(40)}\r\nEND\r\n`);
  assertEquals(sink.calls.at(-1), "end");
  lone.clock.advance(3 * REQUEST_TIMEOUT_MS);
  assertEquals(lone.connection.state, "open");
});

test("Connection is read on, when somebody else waits on it", async () => {
  const lone = await new LoneConnection().open();
  const slow = lone.send("get a\r\n");
  await lone.turn();
  slow.backedUp = true;
  await lone.receive(`${HEAD}${VALUE.slice(0, 20)}`);
  await lone.receive(VALUE.slice(20, 40));
  assertEquals(lone.socket.unread, 1);
  const other = lone.send("get b\r\n");
  await lone.turn();
  assertEquals(lone.socket.unread, 0);
  await lone.receive(`${VALUE.slice(40)}\r\nEND\r\nEND\r\n`);
  assertEquals([slow.calls.at(-1), other.status], ["end", "Miss"]);
});

test("Connection that is paused can be closed", async () => {
  const lone = await new LoneConnection().open();
  const sink = lone.send("get a\r\n");
  await lone.turn();
  sink.backedUp = true;
  await lone.receive(`${HEAD}xxx`);
  lone.connection.close(null);
  await lone.turn();
  assertEquals([sink.calls.at(-1), lone.connection.state], ["broken", "closed"]);
});

test("Connection tells its owner of a very large value that nobody waits behind", async () => {
  const lone = await new LoneConnection().open();
  lone.send("get a\r\n");
  await lone.turn();
  await lone.receive(`VALUE a 0 ${2 << 20}\r\n`);
  assertEquals(lone.told, ["opened", "occupied"]);

  const shared = await new LoneConnection().open();
  shared.send("get a\r\n");
  shared.send("delete k\r\n");
  await shared.turn();
  await shared.receive(`VALUE a 0 ${2 << 20}\r\n`);
  assertEquals(shared.told, ["opened"]);
});
