/** The benchmark's judge of replies, fed whole, byte by byte, and cut at every offset. */

import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import type { Protocol } from "../../scripts/benchmark/dialect.ts";
import { ReplyCounter } from "../../scripts/benchmark/reply_counter.ts";
import { Workload } from "../../scripts/benchmark/workload.ts";

const workload = workloadOf("classic", 1);

function workloadOf(protocol: Protocol, keysPerGet: number): Workload {
  return new Workload({ protocol, keyCount: 1000, valueBytes: 20, keysPerGet, keys: "uniform" });
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function hit(key: string, value = `${key}xxxxxxxxxxxx`): string {
  return `VALUE bench20:${key} 0 20\r\n${value}\r\nEND\r\n`;
}

/** A batch of get 7, set 123, get 999. */
function counterOfThree(): ReplyCounter {
  const counter = new ReplyCounter(workload, 3);
  counter.expect(7, false);
  counter.expect(123, true);
  counter.expect(999, false);
  return counter;
}

const THREE_REPLIES = bytesOf(`${hit("00000007")}STORED\r\n${hit("00000999")}`);

test("Workload writes requests as memcached reads them", () => {
  const target = new Uint8Array(200);
  const middle = workload.writeGet(Uint32Array.of(42), target, 0);
  const end = workload.writeSet(999, target, middle);

  assertEquals(
    new TextDecoder().decode(target.subarray(0, end)),
    "get bench20:00000042\r\nset bench20:00000999 0 0 20\r\n00000999xxxxxxxxxxxx\r\n",
  );
  assertEquals(workload.requestBytes, end - middle);
});

/** Feeds the replies to a get of 7 and a set of 123, cut everywhere. */
function countsWhatIsRight(protocol: Protocol, replies: Uint8Array): void {
  for (let cut = 0; cut <= replies.length; cut++) {
    const counter = new ReplyCounter(workloadOf(protocol, 1), 2);
    counter.expect(7, false);
    counter.expect(123, true);
    assertEquals(counter.count(replies.subarray(0, cut)) + counter.count(replies.subarray(cut)), 2);
    assertEquals(counter.isDone, true);
  }
}

test("ReplyCounter knows the answers of meta", () => {
  countsWhatIsRight("meta", bytesOf("VA 20\r\n00000007xxxxxxxxxxxx\r\nHD\r\n"));
});

test("ReplyCounter knows the answers of binary, whatever their cas", () => {
  const cas = [1, 2, 3, 4, 5, 6, 7, 8];
  countsWhatIsRight(
    "binary",
    Uint8Array.from([
      ...[0x81, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 0, ...cas, 0, 0, 0, 0],
      ...bytesOf("00000007xxxxxxxxxxxx"),
      ...[0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...cas],
    ]),
  );
  const counter = new ReplyCounter(workloadOf("binary", 1), 1);
  counter.expect(7, false);
  const miss = Uint8Array.of(0x81, 0, 0, 0, 0, 0, 0, 1);
  assertThrows(() => counter.count(miss), Error, "Wrong reply to get of key 7");
});

test("ReplyCounter takes the keys of one get in any order, but only those", () => {
  const block = (key: string) => hit(key).replace("END\r\n", "");
  const counter = new ReplyCounter(workloadOf("classic", 3), 2);
  counter.expect(7 + 8 + 9, false);
  const right = bytesOf(`${block("00000009")}${block("00000007")}${hit("00000008")}`);
  for (const byte of right) counter.count(Uint8Array.of(byte));
  assertEquals(counter.isDone, true);

  counter.expect(7 + 8 + 9, false);
  const wrong = bytesOf(`${block("00000009")}${block("00000007")}${hit("00000007")}`);
  assertThrows(() => counter.count(wrong), Error, "Wrong reply to get of keys with sum 24");
});

test("ReplyCounter counts a batch that comes whole", () => {
  const counter = counterOfThree();
  assertEquals(counter.count(THREE_REPLIES), 3);
  assertEquals(counter.isDone, true);
});

test("ReplyCounter counts a batch that comes byte by byte", () => {
  const counter = counterOfThree();
  let counted = 0;
  for (const byte of THREE_REPLIES) counted += counter.count(Uint8Array.of(byte));
  assertEquals(counted, 3);
  assertEquals(counter.isDone, true);
});

test("ReplyCounter counts a batch that is cut anywhere", () => {
  for (let cut = 0; cut <= THREE_REPLIES.length; cut++) {
    const counter = counterOfThree();
    const first = counter.count(THREE_REPLIES.subarray(0, cut));
    assertEquals(counter.isDone, cut === THREE_REPLIES.length);
    assertEquals(first + counter.count(THREE_REPLIES.subarray(cut)), 3);
    assertEquals(counter.isDone, true);
  }
});

test("ReplyCounter starts anew after a batch", () => {
  const counter = counterOfThree();
  counter.count(THREE_REPLIES);
  counter.expect(1, false);
  assertEquals(counter.isDone, false);
  assertEquals(counter.count(bytesOf(hit("00000001"))), 1);
});

const WRONG_REPLIES: readonly [string, string][] = [
  ["a miss", "END\r\n"],
  ["an error", "SERVER_ERROR Connection refused\r\n"],
  ["another key", hit("00000008")],
  ["another key's value", hit("00000007", "00000008xxxxxxxxxxxx")],
  ["a value that is too short", hit("00000007", "00000007xxxxxxxxxxx") + "\r"],
  ["a value that is too long", hit("00000007", "00000007xxxxxxxxxxxxx")],
  ["a hit without its end", "VALUE bench20:00000007 0 20\r\n00000007xxxxxxxxxxxx\r\nVALUE"],
];

for (const [name, text] of WRONG_REPLIES) {
  test(`ReplyCounter rejects ${name} in place of a hit`, () => {
    const counter = counterOfThree();
    assertThrows(() => counter.count(bytesOf(text)), Error, "Wrong reply to get of key 7");
  });
}

test("ReplyCounter rejects another answer than STORED to a set", () => {
  for (const text of ["NOT_STORED\r\n", "STORES\r\n\n", "ERROR\r\n"]) {
    const counter = new ReplyCounter(workload, 1);
    counter.expect(5, true);
    assertThrows(() => counter.count(bytesOf(text)), Error, "Wrong reply to set of key 5");
  }
});

test("ReplyCounter rejects an error as soon as its first byte is there", () => {
  const counter = counterOfThree();
  assertThrows(() => counter.count(bytesOf("S")), Error, "Wrong reply");
});

test("ReplyCounter rejects a reply that nobody asked for", () => {
  const counter = counterOfThree();
  counter.count(THREE_REPLIES);
  assertThrows(() => counter.count(bytesOf("STORED\r\n")), Error, 'Unasked reply "STORED"');
});
