import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { LoneConnection, QUESTION } from "./lone_connection.ts";

test("Connection sends what came in one turn in one write", async () => {
  const lone = await new LoneConnection().open();
  for (const line of ["set a 0 0 1\r\n1\r\n", "delete b\r\n", "get c\r\n"]) lone.send(line);
  assertEquals(lone.socket.writes, []);
  assertEquals(lone.turns.asked, 1);
  await lone.turn();
  assertEquals(lone.socket.writes, ["set a 0 0 1\r\n1\r\ndelete b\r\nget c\r\n"]);
});

test("Connection merges gets that wait together, whoever sent them", async () => {
  const lone = await new LoneConnection().open();
  for (const key of ["a", "b", "c"]) lone.send(`get ${key}\r\n`);
  assertEquals(await lone.received(), "get a b c\r\n");
  lone.send("get d\r\n");
  assertEquals(await lone.received(), "get d\r\n");
});

test("Connection lets a get join the last line only, and its own command only", async () => {
  const lone = await new LoneConnection().open();
  for (
    const line of [
      "get a",
      "gets b",
      "get c",
      "get d",
      "delete c",
      "get c",
      "get e",
      "gat 0 a",
      "gat 0 b",
      "gets a",
      "gets b",
    ]
  ) lone.send(`${line}\r\n`);
  assertEquals(
    await lone.received(),
    "get a\r\ngets b\r\nget c d\r\ndelete c\r\nget c e\r\ngat 0 a\r\ngat 0 b\r\ngets a b\r\n",
  );
});

test("Connection puts at most 100 keys on a line", async () => {
  const lone = await new LoneConnection().open();
  for (let key = 0; key < 250; key++) lone.send(`get k${key}\r\n`);
  const lines = (await lone.received()).split("\r\n").slice(0, -1);
  assertEquals(lines.map((line) => line.split(" ").length - 1), [100, 100, 50]);
});

test("Connection gathers while it connects and while a write is under way", async () => {
  const lone = new LoneConnection();
  lone.send("get a\r\n");
  lone.send("get b\r\n");
  await lone.turn();
  assertEquals(lone.socket.writes, [QUESTION, "get a b\r\n"]);
  lone.socket.holdWrites();
  lone.send("get c\r\n");
  await lone.turn();
  lone.send("get d\r\n");
  await lone.turn();
  lone.send("get e\r\n");
  await lone.turn();
  lone.socket.releaseWrites();
  await lone.turn();
  assertEquals(lone.socket.writes.slice(2), ["get c\r\n", "get d e\r\n"]);
});

test("Connection splits the reply to a merged line by key", async () => {
  const lone = await new LoneConnection().open();
  const sinks = ["a", "b", "c", "d", "e"].map((key) => lone.send(`get ${key}\r\n`));
  await lone.turn();
  await lone.receive("VALUE b 1 2\r\nBB\r\nVALUE d 1 2\r\nDD\r\nEND\r\n");
  assertEquals(sinks.map(({ status }) => status), ["Miss", "Hit", "Miss", "Hit", "Miss"]);
  assertEquals(sinks[1].text, "VALUE b 1 2\r\nBB\r\n");
  assertEquals(sinks[0].text, "END\r\n");
  assertEquals(lone.told, ["opened", "idle"]);
});

test("Connection answers all keys of a line, whatever was found of them", async () => {
  const keys = ["a", "b", "c"];
  for (let found = 0; found < 8; found++) {
    const lone = await new LoneConnection().open();
    const hits = keys.map((_, index) => (found & (1 << index)) !== 0);
    const sinks = keys.map((key) => lone.send(`get ${key}\r\n`));
    const after = lone.send("delete k\r\n");
    await lone.turn();
    const values = keys.filter((_, index) => hits[index]).map((key) => `VALUE ${key} 0 1\r\n1\r\n`);
    await lone.receive(`${values.join("")}END\r\nDELETED\r\n`);
    assertEquals(sinks.map(({ status }) => status), hits.map((hit) => hit ? "Hit" : "Miss"));
    assertEquals(after.status, "Deleted");
  }
});

test("Connection answers what is open of a line with the error in place of END", async () => {
  const lone = await new LoneConnection().open();
  const sinks = ["a", "b", "c"].map((key) => lone.send(`get ${key}\r\n`));
  const last = lone.send("get d\r\n");
  await lone.turn();
  await lone.receive("VALUE a 0 1\r\n1\r\nSERVER_ERROR out of memory\r\n");
  assertEquals(sinks.map(({ status }) => status), ["Hit", "ServerError", "ServerError"]);
  assertEquals(last.status, "ServerError");

  const next = await new LoneConnection().open();
  const alone = next.send("get a\r\n");
  const other = next.send("gets b\r\n");
  await next.turn();
  await next.receive("CLIENT_ERROR bad command line format\r\nEND\r\n");
  assertEquals([alone.status, other.status], ["Refused", "Miss"]);
});

test("Connection splits replies that come byte by byte", async () => {
  const lone = await new LoneConnection().open();
  const sinks = ["get a", "get b", "set c 0 0 1\r\nv", "gets a", "incr n 1"]
    .map((line) => lone.send(`${line}\r\n`));
  await lone.turn();
  const replies = ["VALUE a 0 3\r\nEND\r\n", "END\r\n", "STORED\r\n", "VALUE a 0 1 7\r\nx\r\n"];
  for (const byte of `${replies.join("")}END\r\n8\r\n`) await lone.receive(byte);
  assertEquals(sinks.map(({ text }) => text), [...replies, "8\r\n"]);
});
