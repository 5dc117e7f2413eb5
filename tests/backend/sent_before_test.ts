import { assertEquals } from "@std/assert";
import { test } from "node:test";
import type { SentBefore } from "../../src/backend/sent_before.ts";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { CONNECT_TIMEOUT_MS, LoneBackend, REQUEST_TIMEOUT_MS } from "./lone_backend.ts";

const VALUE = "v".repeat(TEST_STREAM_BYTES + 1);
const BLOCK = `0 0 ${VALUE.length}\r\n${VALUE}\r\n`;

async function connected(options = {}): Promise<LoneBackend> {
  const lone = new LoneBackend(options);
  await lone.exchange();
  lone.network.last.takeSent();
  return lone;
}

/** What a look says after all that it asked has left. */
async function look(lone: LoneBackend, sent: SentBefore): Promise<boolean> {
  const over = sent.look();
  await lone.turn();
  return over;
}

test("SentBefore is over at once where nothing is under way", async () => {
  const lone = await connected();
  assertEquals(lone.backend.sentBefore().look(), true);
  assertEquals(new LoneBackend().backend.sentBefore().look(), true);
});

test("SentBefore is over when what was sent before is answered, whatever was sent since", async () => {
  const lone = await connected();
  lone.send("set k 0 0 1\r\nv\r\n");
  const sent = lone.backend.sentBefore();
  assertEquals(await look(lone, sent), false);
  lone.send("set later 0 0 1\r\nv\r\n");
  await lone.turn();
  lone.network.last.receive("STORED\r\n");
  assertEquals(await look(lone, sent), false);
  lone.network.last.receive("VERSION 1.6.18\r\n");
  await lone.turn();
  assertEquals(await look(lone, sent), true);
});

test("SentBefore is over when the connection is lost, and waits for one that is opened", async () => {
  const lone = await connected();
  lone.send("set k 0 0 1\r\nv\r\n");
  const lost = lone.backend.sentBefore();
  assertEquals(await look(lone, lost), false);
  lone.network.welcome = "silent";
  lone.network.last.lose();
  await lone.turn();
  assertEquals(await look(lone, lost), true);

  lone.send("set k 0 0 1\r\nv\r\n");
  const opened = lone.backend.sentBefore();
  assertEquals(await look(lone, opened), false);
  await lone.pass(CONNECT_TIMEOUT_MS);
  assertEquals(await look(lone, opened), true);
});

test("SentBefore asks again where too much waits for a question", async () => {
  const lone = await connected();
  for (let i = 0; i < 1000; i++) lone.send("set k 0 0 1\r\nv\r\n");
  const sent = lone.backend.sentBefore();
  assertEquals(await look(lone, sent), false);
  lone.network.last.receive("STORED\r\n");
  await lone.turn();
  assertEquals(await look(lone, sent), false);
  lone.network.last.receive("STORED\r\n".repeat(999));
  await lone.turn();
  assertEquals(await look(lone, sent), false);
  lone.network.last.receive("VERSION 1.6.18\r\n");
  await lone.turn();
  assertEquals(await look(lone, sent), true);
});

test("SentBefore waits for a large value that is under way, and no longer than its timeout", async () => {
  for (const answered of [true, false]) {
    const lone = await connected();
    lone.send(`set k ${BLOCK}`);
    await lone.turn();
    await lone.turn();
    const sent = lone.backend.sentBefore();
    assertEquals(await look(lone, sent), false);
    if (answered) lone.network.last.receive("STORED\r\n");
    else await lone.pass(REQUEST_TIMEOUT_MS + 1);
    await lone.turn();
    assertEquals(await look(lone, sent), true);
    lone.backend.close();
  }
});

test("SentBefore does not wait for a large value that was sent since on the same connection", async () => {
  const lone = await connected();
  lone.send(`set k ${BLOCK}`);
  await lone.turn();
  await lone.turn();
  const sent = lone.backend.sentBefore();
  assertEquals(await look(lone, sent), false);
  const own = lone.network.last;
  own.receive("STORED\r\n");
  await lone.turn();
  own.takeSent();
  lone.send(`set later ${BLOCK}`);
  await lone.turn();
  assertEquals(own.takeSent().startsWith("set later "), true);
  assertEquals(await look(lone, sent), true);
});

test("SentBefore waits behind a flush_all for what waits there", async () => {
  const lone = await connected({ connections: 2 });
  lone.send("get a\r\n");
  lone.send("get b\r\n");
  await lone.turn();
  lone.send("flush_all\r\n");
  const later = lone.send("set k 0 0 1\r\nv\r\n");
  const sent = lone.backend.sentBefore();
  assertEquals(await look(lone, sent), false);
  for (let round = 0; round < 8 && !later.answered; round++) {
    for (const socket of lone.network.sockets) {
      const asked = socket.takeSent().split("\r\n").slice(0, -1);
      const answers = asked.map((line) =>
        line.startsWith("get")
          ? "END"
          : line === "flush_all"
          ? "OK"
          : line === "version"
          ? "VERSION 1.6.18"
          : line === "v"
          ? "STORED"
          : ""
      );
      socket.receive(answers.filter((one) => one !== "").map((one) => `${one}\r\n`).join(""));
    }
    assertEquals(sent.look() && !later.answered, false);
    await lone.turn();
  }
  assertEquals(later.status, "Stored");
});
