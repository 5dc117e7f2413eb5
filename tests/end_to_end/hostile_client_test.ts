/**
 * Clients that send whatever they like, in all three protocols: each gets what it deserves,
 * a client beside them is served as ever, and nothing is left behind when they are gone.
 */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { awaitStats } from "../support/await_stats.ts";
import { packet, readPackets, words } from "../support/binary_packets.ts";
import { Farm } from "../support/farm.ts";
import { toText } from "../support/latin1.ts";
import type { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const FORM = { mains: 2, backups: 1 };
/** Above `streamBytes`, so the value passes through in parts. */
const LARGE_BYTES = 900_000;
const SET = 0x01;
const GET = 0x00;
const GETKQ = 0x0d;
const NOOP = 0x0a;
const BARRIER = toText(packet(NOOP, { opaque: 99 }));
const BARRIER_ANSWER = toText(packet(NOOP, { magic: 0x81, opaque: 99 }));
const STORE_EXTRAS = words(0, 0);

/** Starts everything, lets clients do their worst, and sees that nothing is left of it. */
async function survive(attack: (farm: Farm) => Promise<void>): Promise<void> {
  await using farm = await Farm.start(FORM);
  await using calm = await farm.proxy.client();
  assertEquals(await calm.set("calm", "v"), "STORED");
  let over = false;
  const living = async () => {
    while (!over) assertEquals(await calm.get("calm"), "v");
  };
  const attacked = attack(farm).finally(() => over = true);
  await Promise.all([attacked, living()]);
  // Of this client only.
  await awaitStats(farm.proxy, { curr_connections: 1, buffered_bytes: 0, keys_in_flight: 0 });
  await awaitStats(farm.proxy, { main_1_waiting: 0, main_2_waiting: 0, backup_1_waiting: 0 });
  assertEquals(/fault|rejection|uncaught/i.test(farm.proxy.log), false, farm.proxy.log);
}

function storing(key: string, value: string): string {
  return toText(packet(SET, { key, value, extras: STORE_EXTRAS }));
}

/** Asks in the binary protocol and gives the answers up to those to a barrier. */
async function askBinary(client: TextClient, packets: string) {
  const answer = await client.ask(packets + BARRIER, BARRIER_ANSWER);
  return readPackets(answer.slice(0, -BARRIER_ANSWER.length));
}

test("Packets with absurd lengths cost their connection", { timeout: TIME_MS }, async () => {
  await survive(async (farm) => {
    const absurd = [
      packet(GET, { key: "k", keyLength: 0xffff }),
      packet(GET, { key: "k", keyLength: 0xffff, bodyLength: 0xffffffff }),
      packet(GET, { key: "k", bodyLength: 0 }),
      packet(GET, { key: "k".repeat(251) }),
      packet(SET, { key: "k", extras: STORE_EXTRAS, extrasLength: 255, bodyLength: 300 }),
      packet(SET, { key: "k", extras: STORE_EXTRAS, bodyLength: 0xffffffff }),
      packet(SET, { key: "k", extras: STORE_EXTRAS, bodyLength: 0x80000000 }),
      packet(GET, { key: "k", magic: 0x81 }),
    ];
    for (const bytes of absurd) {
      await using client = await farm.proxy.client();
      client.send(bytes);
      // Clients that wait for an answer see the end; whoever still owes a value may leave.
      client.end();
      const said = await client.readToEnd();
      assertEquals(said === "" || said.startsWith("\x81") || said === "ERROR\r\n", true, said);
    }
  });
});

test("Clients that send a byte now and then hold nobody up", { timeout: TIME_MS }, async () => {
  await survive(async (farm) => {
    const slow = await Promise.all(Array.from({ length: 50 }, () => farm.proxy.client()));
    const sent = ["set s 0 0 5\r\nvalue\r\n", "get calm\r\n", "mg calm v O1\r\n"];
    await Promise.all(slow.map((client, index) => client.sendOneByOne(sent[index % sent.length])));
    for (const [index, client] of slow.entries()) {
      const answers = ["STORED\r\n", "VALUE calm 0 1\r\nv\r\nEND\r\n", "VA 1 O1\r\nv\r\n"];
      await client.readExactly(answers[index % answers.length]);
      client.close();
    }
    const unfinished = await Promise.all(Array.from({ length: 50 }, () => farm.proxy.client()));
    for (const client of unfinished) await client.sendOneByOne("set s 0 0 300000\r\nval");
    for (const client of unfinished) client.close();
  });
});

test("Ten thousand requests, and gone", { timeout: TIME_MS }, async () => {
  await survive(async (farm) => {
    const kinds = ["get calm\r\n", "set p 0 0 1\r\nv\r\n", "mg calm v k O1\r\n", "nonsense\r\n"];
    for (const kind of kinds) {
      const leaver = await farm.proxy.client();
      leaver.send(kind.repeat(10_000));
      leaver.close();
    }
    const leaver = await farm.proxy.client();
    leaver.send(toText(packet(GET, { key: "calm" })).repeat(10_000));
    leaver.close();
  });
});

test("A client that shuts down its side gets all its answers", { timeout: TIME_MS }, async () => {
  await survive(async (farm) => {
    const answers: readonly (readonly [sent: string, answer: string])[] = [
      ["get calm\r\n", "VALUE calm 0 1\r\nv\r\nEND\r\n"],
      ["mg calm v O1\r\nmn\r\n", "VA 1 O1\r\nv\r\nMN\r\n"],
      [BARRIER, BARRIER_ANSWER],
    ];
    for (const [sent, answer] of answers) {
      await using client = await farm.proxy.client();
      client.send(sent.repeat(1000));
      client.end();
      assertEquals(await client.readToEnd(), answer.repeat(1000));
    }
  });
});

test("A connection keeps the protocol that it began with", { timeout: TIME_MS }, async () => {
  await survive(async (farm) => {
    await using text = await farm.proxy.client();
    assertEquals(await text.ask("get calm\r\n", "END\r\n"), "VALUE calm 0 1\r\nv\r\nEND\r\n");
    assertEquals(await text.ask("mg calm v\r\n", "v\r\n"), "VA 1\r\nv\r\n");
    assertEquals(await text.ask(`${BARRIER}\r\n`), "ERROR\r\n");
    await using binary = await farm.proxy.client();
    assertEquals(await askBinary(binary, storing("b", "v")).then((all) => all[0].status), 0);
    binary.send("get calm\r\n".repeat(10));
    assertEquals(await binary.readToEnd(), "");
  });
});

test("Values that break off in the middle are not stored", { timeout: TIME_MS }, async () => {
  await survive(async (farm) => {
    const value = "x".repeat(LARGE_BYTES);
    const packetOfValue = storing("large", value);
    const begun = [
      `set large 0 0 ${LARGE_BYTES}\r\n${value.slice(0, LARGE_BYTES / 2)}`,
      `ms large ${LARGE_BYTES} T0\r\n${value.slice(0, LARGE_BYTES / 2)}`,
      packetOfValue.slice(0, packetOfValue.length / 2),
    ];
    for (const bytes of begun) {
      const leaver = await farm.proxy.client();
      leaver.send(bytes);
      // Its own connection's end is the only sign that the bytes have been taken.
      leaver.end();
      await leaver.readToEnd();
      await using client = await farm.proxy.client();
      assertEquals(await client.get("large"), null);
    }
  });
});

test("A flood of quiet and opaque meta commands is answered exactly", {
  timeout: TIME_MS,
}, async () => {
  await survive(async (farm) => {
    await using client = await farm.proxy.client();
    const turns = Array.from({ length: 5000 }, (_, turn) => turn);
    const sent = turns.map((turn) =>
      `mg calm v q O${turn}\r\nmg none v q O${turn}\r\nmd none q O${turn}\r\nmg none O${turn}\r\n`
    );
    const expected = turns.map((turn) => `VA 1 O${turn}\r\nv\r\nNF O${turn}\r\nEN O${turn}\r\n`);
    client.send(`${sent.join("")}mn\r\n`);
    await client.readExactly(`${expected.join("")}MN\r\n`, TIME_MS);
  });
});

test("Keys of every byte and length are kept apart", { timeout: TIME_MS }, async () => {
  await survive(async (farm) => {
    await using client = await farm.proxy.client();
    const odd = Array.from({ length: 256 }, (_, byte) => `a${String.fromCharCode(byte)}b`);
    const keys = [...odd, " ".repeat(186), "k".repeat(186), "k".repeat(187), "k".repeat(250)];
    await askBinary(client, keys.map((key, index) => storing(key, `value ${index}`)).join(""));
    const gets = keys.map((key) => toText(packet(GETKQ, { key }))).join("");
    const hits = await askBinary(client, gets);
    const expected = keys.map((key, index) => [key, `value ${index}`]);
    assertEquals(hits.map(({ key, value }) => [key, value]), expected);
    // 187 odd bytes are more than 250 in base64: refused, and nothing is harmed.
    const [refused] = await askBinary(client, toText(packet(GET, { key: " ".repeat(187) })));
    assertEquals(refused.status, 4);

    await using text = await farm.proxy.client();
    for (const [index, key] of keys.entries()) {
      if (/[\0\r\n ]/.test(key)) continue;
      assertEquals(await text.get(key), `value ${index}`);
    }
    assert((await text.ask(`get ${"k".repeat(251)}\r\n`)).startsWith("CLIENT_ERROR "));
    assert((await text.ask(`mg ${"k".repeat(251)} v\r\n`)).startsWith("CLIENT_ERROR "));
    assertEquals(await text.ask(`mg ${btoa(" ".repeat(186))} b v\r\n`), "VA 9\r\n");
    assertEquals(await text.readLine(), `value 256`);
    assert((await text.ask(`mg ${btoa(" ".repeat(189))} b v\r\n`)).startsWith("CLIENT_ERROR "));
  });
});
