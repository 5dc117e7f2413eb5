import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { GET } from "../../src/message/command.ts";
import { failedReply } from "../../src/message/reply.ts";
import { forSeeds, type SeededRandom } from "../support/seeded_random.ts";
import { LoneSession } from "./lone_session.ts";

const GONE = "SERVER_ERROR BACKEND SERVER server: connection lost\r\n";

test("Session writes replies in the order of the requests", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nset b 0 0 1\r\nv\r\nincr c 1\r\nget d\r\n");
  session.hit("d", "D", 3);
  session.answer("8", 2);
  session.answer("STORED", 1);
  assertEquals(await session.got(), "");
  session.hit("a", "A");
  assertEquals(
    await session.got(),
    "VALUE a 0 1\r\nA\r\nEND\r\nSTORED\r\n8\r\nVALUE d 0 1\r\nD\r\nEND\r\n",
  );
});

test("Session writes what it has in one write per turn", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nget b\r\n");
  session.answer("END");
  session.answer("END");
  await session.turn();
  assertEquals(session.socket.writes, ["END\r\nEND\r\n"]);
});

async function inRandomOrder(random: SeededRandom): Promise<void> {
  const session = new LoneSession();
  const count = 1 + random.below(40);
  const keys = Array.from({ length: count }, (_, at) => `key${at}`);
  const lines = keys.map((key) => random.chance(0.5) ? `get ${key}` : `delete ${key}`);
  await session.send(lines.map((line) => `${line}\r\n`).join(""));
  while (session.server.waiting.length > 0) {
    const at = random.below(session.server.waiting.length);
    const [command, key] = session.server.waiting[at].text.trim().split(" ");
    if (command === "delete") session.answer("DELETED", at);
    else session.hit(key, `value of ${key}`, at);
    if (random.chance(0.3)) await session.turn();
  }
  const expected = lines.map((line) => {
    const [command, key] = line.split(" ");
    const value = `value of ${key}`;
    if (command === "delete") return "DELETED\r\n";
    return `VALUE ${key} 0 ${value.length}\r\n${value}\r\nEND\r\n`;
  });
  assertEquals(await session.got(), expected.join(""));
}

test("Session keeps the order however the replies come", async () => {
  const runs: Promise<void>[] = [];
  forSeeds(30, (random) => void runs.push(inRandomOrder(random)));
  await Promise.all(runs);
});

test("Session puts the replies to a line of several keys together", async () => {
  const session = new LoneSession();
  await session.send("get a b a c\r\nget d\r\n");
  assertEquals(session.server.received, ["a", "b", "a", "c", "d"].map((key) => `get ${key}\r\n`));
  session.answer("END", 4);
  session.hit("c", "C", 3);
  session.hit("a", "A", 2);
  session.answer("END", 1);
  session.hit("a", "A");
  const a = "VALUE a 0 1\r\nA\r\n";
  assertEquals(await session.got(), `${a}${a}VALUE c 0 1\r\nC\r\nEND\r\nEND\r\n`);
  const { hits, misses } = session.counters;
  assertEquals([hits[GET.id], misses[GET.id]], [3, 2]);
});

test("Session takes a read that nobody answers for a miss", async () => {
  const session = new LoneSession({ errorsAsMisses: true });
  await session.send("get a b\r\nget c\r\n");
  session.answerWith(failedReply("connection lost", "server", true));
  session.hit("b", "B");
  session.answerWith(failedReply("connection lost", "server", true));
  assertEquals(await session.got(), "VALUE b 0 1\r\nB\r\nEND\r\nEND\r\n");
  assertEquals(session.counters.failures, 2);
});

test("Session puts an error in place of END, after the values, when it is told to", async () => {
  const session = new LoneSession({ errorsAsMisses: false });
  await session.send("get a b c\r\nget d\r\n");
  session.hit("a", "A");
  session.answerWith(failedReply("connection lost", "server", true));
  session.hit("c", "C");
  session.answer("END");
  assertEquals(
    await session.got(),
    `VALUE a 0 1\r\nA\r\nVALUE c 0 1\r\nC\r\n${GONE}END\r\n`,
  );
});

test("Session tells an error of a server, and of a change, in either case", async () => {
  for (const errorsAsMisses of [true, false]) {
    const session = new LoneSession({ errorsAsMisses });
    await session.send("get a b\r\ngat 0 a b\r\nset k 0 0 1\r\nv\r\n");
    session.answer("SERVER_ERROR out of memory");
    session.hit("b", "B");
    session.hit("a", "A");
    session.answerWith(failedReply("connection lost", "server", true));
    session.answerWith(failedReply("connection lost", "server", true));
    assertEquals(
      await session.got(),
      `VALUE b 0 1\r\nB\r\nSERVER_ERROR out of memory\r\nVALUE a 0 1\r\nA\r\n${GONE}${GONE}`,
    );
  }
});

test("Session says nothing to a request with noreply, whatever comes of it", async () => {
  const session = new LoneSession();
  await session.send(
    "set a 0 0 1 noreply\r\nv\r\ndelete b noreply\r\nset c x 0 1 noreply\r\nincr d 1\r\n",
  );
  session.answer("SERVER_ERROR out of memory");
  session.answerWith(failedReply("connection lost", "server", true));
  session.answer("9");
  assertEquals(await session.got(), "9\r\n");
});

test("Session answers wrong lines in their place", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nnonsense\r\nget b\r\n");
  session.answer("END", 1);
  session.answer("END");
  assertEquals(await session.got(), "END\r\nERROR\r\nEND\r\n");
  assertEquals(session.counters.badLines, 1);
});

test("Session reads requests that come byte by byte", async () => {
  const session = new LoneSession();
  for (const byte of "set key 0 0 3\r\na\nb\r\nget key\r\n") await session.send(byte);
  assertEquals(session.server.received, ["set key 0 0 3\r\na\nb\r\n", "get key\r\n"]);
  session.answer("STORED");
  session.hit("key", "a\nb");
  assertEquals(await session.got(), "STORED\r\nVALUE key 0 3\r\na\nb\r\nEND\r\n");
});

test("Session lets a command without a key wait, and what follows wait for it", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nflush_all\r\nget b\r\n");
  assertEquals(session.server.received, ["get a\r\n"]);
  session.answer("END");
  await session.turn();
  assertEquals(session.server.received, ["get a\r\n", "flush_all\r\n"]);
  session.answer("OK");
  await session.turn();
  assertEquals(session.server.received.slice(2), ["get b\r\n"]);
  session.answer("END");
  assertEquals(await session.got(), "END\r\nOK\r\nEND\r\n");
});

test("Session lets what follows wait also for a silent command without a key", async () => {
  const session = new LoneSession();
  await session.send("flush_all noreply\r\nget b\r\n");
  assertEquals(session.server.received, ["flush_all\r\n"]);
  session.answer("OK");
  await session.turn();
  session.answer("END");
  assertEquals(await session.got(), "END\r\n");
});

test("Session answers version and stats itself, in their places", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nversion\r\nstats\r\nstats nothing\r\nget b\r\n");
  session.answer("END");
  await session.turn();
  session.answer("END");
  assertEquals(
    await session.got(),
    "END\r\nVERSION 1.6.18 magent/9.9.9\r\nSTAT a 1\r\nEND\r\nERROR\r\nEND\r\n",
  );
  assertEquals(session.server.received.length, 2);
});

test("Session counts commands and bytes", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nget b c\r\n");
  for (let key = 0; key < 3; key++) session.answer("END");
  const written = await session.got();
  assertEquals(session.counters.commands[0], 3);
  assertEquals([session.counters.bytesRead, session.counters.bytesWritten], [16, written.length]);
});

test("Session lets an administrative command wait for what is before it, and the rest for it", async () => {
  const session = new LoneSession();
  await session.send("get a\r\nslabs automove 1\r\nget b\r\n");
  assertEquals(session.administered, []);
  session.answer("END");
  await session.turn();
  assertEquals(session.administered.map(({ line }) => line), ["slabs automove 1"]);
  assertEquals(session.server.received, ["get a\r\n"]);
  session.administered[0].done("OK\r\n");
  await session.turn();
  session.answer("END");
  assertEquals(await session.got(), "END\r\nOK\r\nEND\r\n");
});

test("Session keeps noreply of an administrative command to itself", async () => {
  const session = new LoneSession();
  await session.send("cache_memlimit 64 noreply\r\nversion\r\n");
  assertEquals(session.administered.map(({ line }) => line), ["cache_memlimit 64"]);
  session.administered[0].done("OK\r\n");
  assertEquals(await session.got(), "VERSION 1.6.18 magent/9.9.9\r\n");
});
