/**
 * Clients that send rubbish, leave in the middle, or never read: nobody else notices.
 */

import { assertEquals, assertLess } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { SeededRandom } from "../support/random_commands.ts";

const TIME_MS = 60_000;
const FORM = { mains: 2, backups: 1 };
/** Above `streamBytes`, so the value passes through in parts. */
const LARGE_BYTES = 900_000;

for (const bytes of [1000, LARGE_BYTES]) {
  const name = `A client that leaves in the middle of ${bytes} bytes stores nothing, blocks nobody`;
  test(name, { timeout: TIME_MS }, async () => {
    await using farm = await Farm.start(FORM);
    const leaver = await farm.proxy.client();
    assertEquals(await leaver.set("k", "old"), "STORED");
    leaver.send(`set k 0 0 ${bytes}\r\n${"x".repeat(bytes / 2)}`);
    // Its own connection's end is the only sign that the bytes have been taken.
    leaver.end();
    await leaver.readToEnd();

    await using client = await farm.proxy.client();
    assertEquals(["old", null].includes(await client.get("k")), true);
    assertEquals(await client.set("k", "new"), "STORED");
    assertEquals(await client.get("k"), "new");
  });
}

test("A client that breaks off in the middle of a large value blocks nobody", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start(FORM);
  await using client = await farm.proxy.client();
  for (let turn = 0; turn < 20; turn++) {
    const leaver = await farm.proxy.client();
    leaver.send(`set k 0 0 ${LARGE_BYTES}\r\n${"x".repeat(LARGE_BYTES / 2)}`);
    assertEquals(await client.set("other", "v"), "STORED");
    leaver.close();
    assertEquals(await client.set("k", `${turn}`), "STORED");
    assertEquals(await client.get("k"), `${turn}`);
  }
});

test("A client that sends rubbish disturbs nobody", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start(FORM);
  await using client = await farm.proxy.client();
  const random = new SeededRandom(3);
  assertEquals(await client.set("k", "v"), "STORED");
  for (let turn = 0; turn < 50; turn++) {
    const rubbish = Uint8Array.from({ length: 3000 }, () => random.below(256));
    // A first byte of 0x80 is another protocol.
    rubbish[0] = 1 + random.below(0x7f);
    const vandal = await farm.proxy.client();
    vandal.send(rubbish);
    assertEquals(await client.get("k"), "v");
    vandal.close();
  }
  assertEquals(await client.get("k"), "v");
});

test("A client that never reads is closed, and others keep their latency", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ ...FORM, args: ["--reply-bytes", "8m"] });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("large", "x".repeat(LARGE_BYTES)), "STORED");
  assertEquals(await client.set("small", "v"), "STORED");
  await using sleeper = await farm.proxy.client();
  sleeper.pause();
  sleeper.send("get large\r\n".repeat(200));

  let slowestMs = 0;
  await poll(
    async () => {
      const start = performance.now();
      assertEquals(await client.get("small"), "v");
      slowestMs = Math.max(slowestMs, performance.now() - start);
      return (await farm.proxy.stats()).get("closed_slow") === "1" || null;
    },
    20_000,
    "closed client",
  );
  assertLess(slowestMs, 500);
});
