/** Who asks for a key that stands in the line already is answered with whoever asked first. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Rescue } from "../../src/route/route.ts";
import type { RecordingSink } from "../support/recording_sink.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { LoneConnection } from "./lone_connection.ts";

const LARGE = "x".repeat(100);

function ask(lone: LoneConnection, keys: readonly string[], command = "get"): RecordingSink[] {
  return keys.map((key) => lone.send(`${command} ${key}\r\n`));
}

function hit(key: string, value = key.toUpperCase()): string {
  return `VALUE ${key} 0 ${value.length}\r\n${value}\r\n`;
}

test("Connection sends a key once that is asked for twice, wherever it stands", async () => {
  const cases = [
    ["a a", "get a"],
    ["a b a", "get a b"],
    ["a b b c", "get a b c"],
    ["a b c c c", "get a b c"],
    ["a aa a aa b", "get a aa b"],
  ];
  for (const [asked, sent] of cases) {
    const lone = await new LoneConnection().open();
    const keys = asked.split(" ");
    const sinks = ask(lone, keys);
    assertEquals(lone.connection.depth, keys.length);
    assertEquals(await lone.received(), `${sent}\r\n`);
    const different = sent.split(" ").slice(1);
    await lone.receive(`${different.map((key) => hit(key)).join("")}END\r\n`);
    assertEquals(sinks.map(({ text }) => text), keys.map((key) => hit(key)));
    assertEquals([lone.connection.depth, lone.told.at(-1)], [0, "idle"]);
  }
});

test("Connection answers twins whatever was found, and however the answer is cut", async () => {
  const keys = ["a", "b", "a", "c", "c", "b", "a"];
  for (const found of [0, 3, 4, 7]) {
    const isHit = (key: string) => (found & (1 << "abc".indexOf(key))) !== 0;
    const values = ["a", "b", "c"].filter(isHit).map((key) => hit(key)).join("");
    const answer = `${values}END\r\nDELETED\r\n`;
    for (let cut = 0; cut < answer.length; cut++) {
      const lone = await new LoneConnection().open();
      const sinks = ask(lone, keys);
      const after = lone.send("delete k\r\n");
      assertEquals(await lone.received(), "get a b c\r\ndelete k\r\n");
      await lone.receive(answer.slice(0, cut));
      await lone.receive(answer.slice(cut));
      assertEquals(
        sinks.map(({ text }) => text),
        keys.map((key) => isHit(key) ? hit(key) : "END\r\n"),
      );
      assertEquals([after.status, lone.connection.depth], ["Deleted", 0]);
    }
  }
});

test("Connection gives twins no value of a later line, and none before a change", async () => {
  const lone = await new LoneConnection().open();
  const before = ask(lone, ["a", "a"]);
  lone.send("set a 0 0 1\r\n2\r\n");
  const after = ask(lone, ["a", "a"]);
  const withCas = ask(lone, ["a", "a"], "gets");
  assertEquals(await lone.received(), "get a\r\nset a 0 0 1\r\n2\r\nget a\r\ngets a\r\n");
  const next = ask(lone, ["a"]);
  assertEquals(await lone.received(), "get a\r\n");
  await lone.receive(`${hit("a", "1")}END\r\nSTORED\r\n${hit("a", "2")}END\r\n`);
  await lone.receive("VALUE a 0 1 77\r\n2\r\nEND\r\nEND\r\n");
  assertEquals(before.map(({ text }) => text), [hit("a", "1"), hit("a", "1")]);
  assertEquals(after.map(({ text }) => text), [hit("a", "2"), hit("a", "2")]);
  for (const { last } of withCas) {
    assertEquals([last!.casEnd - last!.casStart, last!.generation], [
      2,
      lone.connection.generation,
    ]);
  }
  assertEquals(next[0].status, "Miss");
});

test("Connection answers twins with the error in place of END", async () => {
  const lone = await new LoneConnection().open();
  const sinks = ask(lone, ["a", "b", "a", "b", "c", "c"]);
  await lone.turn();
  await lone.receive(`${hit("a")}SERVER_ERROR out of memory\r\n`);
  const failed = "ServerError";
  assertEquals(
    sinks.map(({ status }) => status),
    ["Hit", failed, "Hit", failed, failed, failed],
  );
});

test("Connection bounds the keys and the twins of a line", async () => {
  const lone = await new LoneConnection().open();
  const hot = ask(lone, new Array(250).fill("hot"));
  const lines = (await lone.received()).split("\r\n").slice(0, -1);
  // A hundred twins, then further keys: the last of them have no room on the line.
  const words = lines.map((line) => line.split(" ").length - 1);
  assertEquals(words, [100, 1]);
  await lone.receive(`${hit("hot").repeat(100)}END\r\n${hit("hot")}END\r\n`);
  assertEquals(hot.every(({ status }) => status === "Hit"), true);
  assertEquals([lone.connection.depth, lone.told.at(-1)], [0, "idle"]);
});

test("Connection counts twins among the requests that may wait", async () => {
  const lone = await new LoneConnection({ requestsMax: 3 }).open();
  const sinks = ask(lone, ["a", "a", "b", "a"]);
  assertEquals(sinks[3].failure, "overload");
  await lone.turn();
  await lone.receive("END\r\n");
  assertEquals(sinks.slice(0, 3).map(({ status }) => status), ["Miss", "Miss", "Miss"]);
});

test("Connection hands every twin that is open to its own rescue, and no other", async () => {
  const lone = await new LoneConnection().open();
  const rescued: string[] = [];
  const rescueOf = (name: string): Rescue => ({
    rescue: (request, sink, failure, startedMs) => {
      rescued.push(`${name} ${request.command.name} ${request.keyText()} ${startedMs}`);
      // As a route may that asks elsewhere.
      request.make(request.command, new Uint8Array(0), 0, 0);
      sink.reply(failure);
    },
  });
  const startedMs = lone.clock.now();
  const sinks = ["a", "b", "a", "c", "b", "c"].map((key, index) =>
    lone.send(`gets ${key}\r\n`, index === 4 ? null : rescueOf(`${index}`))
  );
  await lone.turn();
  await lone.receive("VALUE a 0 1 5\r\n1\r\n");
  lone.socket.lose();
  await lone.turn();
  assertEquals(
    rescued,
    ["1 gets b", "3 gets c", "5 gets c"].map((told) => `${told} ${startedMs}`),
  );
  const lost = "connection lost in doubt";
  assertEquals(sinks.map(({ failure }) => failure), [null, lost, null, lost, lost, lost]);
});

test("Connection passes a large value to all who asked, and breaks it off for all", async () => {
  for (const end of ["end", "broken"]) {
    const lone = await new LoneConnection().open();
    const sinks = ask(lone, ["a", "b", "a"]);
    assertEquals(await lone.received(), "get a b\r\n");
    const answer = `${hit("a", LARGE)}END\r\n`;
    await lone.receive(answer.slice(0, 50));
    // One of several readers may not stop the server.
    sinks[0].backedUp = true;
    await lone.receive(answer.slice(50, 70));
    if (end === "end") await lone.receive(answer.slice(70));
    else lone.socket.lose();
    await lone.turn();
    assertEquals([sinks[0].calls.at(-1), sinks[2].calls.at(-1)], [end, end]);
    assertEquals(sinks[0].text, sinks[2].text);
    assertEquals(sinks[1].answered, true);
    if (end === "end") assertEquals(sinks[0].text, hit("a", LARGE));
  }
});

test("Connection asks again for those who would hold too much of a value", async () => {
  // Two of these are more than may be shared.
  const value = "x".repeat(3 << 20);
  for (const streamBytes of [64, 4 << 20]) {
    const lone = await new LoneConnection({ streamBytes }).open();
    const sinks = ask(lone, ["a", "a", "a"]);
    for (let round = 0; round < 3; round++) {
      assertEquals(await lone.received(), "get a\r\n");
      assertEquals(lone.connection.depth, 3 - round);
      await lone.receive(`${hit("a", value)}END\r\n`);
      assertEquals(sinks.map(({ answered }) => answered), sinks.map((_, index) => index <= round));
    }
    for (const sink of sinks) assertEquals(sink.text === hit("a", value), true);
    assertEquals([lone.connection.depth, lone.connection.state], [0, "open"]);
  }
});

test("Connection asks nobody again while a change waits, which a read could see too early", async () => {
  const value = "x".repeat(3 << 20);
  const lone = await new LoneConnection().open();
  const sinks = ask(lone, ["a", "a"]);
  const change = lone.send("set a 0 0 1\r\n2\r\n");
  assertEquals(await lone.received(), "get a\r\nset a 0 0 1\r\n2\r\n");
  await lone.receive(`${hit("a", value)}END\r\nSTORED\r\n`);
  assertEquals(sinks.map(({ text }) => text === hit("a", value)), [true, true]);
  assertEquals([change.status, await lone.received()], ["Stored", ""]);
});

test("Connection answers everybody, whoever asks for what in whatever turn", async () => {
  const words = Array.from({ length: 40 }, (_, index) => `${"k".repeat(1 + index % 3)}${index}`);
  for (let seed = 1; seed <= 12; seed++) {
    const random = new SeededRandom(seed);
    const lone = await new LoneConnection().open();
    const hits = new Set(words.filter(() => random.chance(0.6)));
    const asked: [key: string, sink: RecordingSink][] = [];
    for (let turn = 0; turn < 8; turn++) {
      for (let count = random.below(90); count > 0; count--) {
        const key = random.pick(words);
        asked.push([key, lone.send(`get ${key}\r\n`)]);
      }
      const lines = (await lone.received()).split("\r\n").slice(0, -1);
      const answers = lines.map((line) => answerTo(line.split(" ").slice(1), hits));
      const answer = answers.join("");
      const cut = random.below(answer.length + 1);
      await lone.receive(answer.slice(0, cut));
      await lone.receive(answer.slice(cut));
    }
    const expected = asked.map(([key]) => hits.has(key) ? hit(key) : "END\r\n");
    assertEquals(asked.map(([, sink]) => sink.text), expected, `seed ${seed}`);
    assertEquals(lone.connection.depth, 0);
  }
});

function answerTo(keys: readonly string[], hits: ReadonlySet<string>): string {
  assertEquals(new Set(keys).size, keys.length, "every key stands once in its line");
  return `${keys.filter((key) => hits.has(key)).map((key) => hit(key)).join("")}END\r\n`;
}
