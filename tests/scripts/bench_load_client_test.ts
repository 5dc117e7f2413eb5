/** One client of the benchmark's load, on a socket that only remembers. */

import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { KeyPicker } from "../../scripts/benchmark/key_picker.ts";
import { LatencyHistogram } from "../../scripts/benchmark/latency_histogram.ts";
import { LoadClient } from "../../scripts/benchmark/load_client.ts";
import { Workload } from "../../scripts/benchmark/workload.ts";

const plain = {
  protocol: "classic",
  keyCount: 50,
  valueBytes: 8,
  keysPerGet: 1,
  keys: "uniform",
} as const;

/** Remembers what was written, batch by batch. */
class FakeSocket {
  readonly batches: string[] = [];

  write(bytes: Uint8Array, offset: number, length: number): number {
    this.batches.push(new TextDecoder().decode(bytes.subarray(offset, offset + length)));
    return length;
  }
}

/** Answers a batch as a memcached that holds every key. */
function answer(batch: string): Uint8Array {
  const replies = batch.trimEnd().split("\r\n").map((line) => {
    if (line.startsWith("set")) return "STORED\r\n";
    if (!line.startsWith("get")) return "";
    const keys = line.matchAll(/bench8:(\d{8})/g);
    return [...keys].map(([name, key]) => `VALUE ${name} 0 8\r\n${key}\r\n`).join("") + "END\r\n";
  });
  return new TextEncoder().encode(replies.join(""));
}

function clientOf(latencies: LatencyHistogram, depth: number, keysPerGet = 1): LoadClient {
  const workload = new Workload({ ...plain, keysPerGet });
  return new LoadClient(workload, latencies, { number: 3, depth, getsPerSet: 10 });
}

test("LoadClient sends the next batch after the last reply, and not before", () => {
  const latencies = new LatencyHistogram();
  const socket = new FakeSocket();
  const client = clientOf(latencies, 4);

  client.sendBatch(socket);
  const replies = answer(socket.batches[0]);
  client.take(replies.subarray(0, replies.length - 1), socket);
  assertEquals(socket.batches.length, 1);
  assertEquals(latencies.total, 3);

  client.take(replies.subarray(replies.length - 1), socket);
  assertEquals(socket.batches.length, 2);
  assertEquals(latencies.total, 4);
});

test("LoadClient sends one set after every ten gets, over all keys", () => {
  const socket = new FakeSocket();
  const client = clientOf(new LatencyHistogram(), 16);
  client.sendBatch(socket);
  for (let i = 0; i < 110; i++) client.take(answer(socket.batches[i]), socket);

  const sent = socket.batches.slice(0, 110).join("");
  assertEquals(sent.match(/^set /gm)?.length, 160);
  assertEquals(sent.match(/^get /gm)?.length, 1600);
  assertEquals(new Set(sent.match(/bench8:\d+/g)).size, 50);
});

test("LoadClient asks for several keys in one get", () => {
  const socket = new FakeSocket();
  const latencies = new LatencyHistogram();
  const client = clientOf(latencies, 2, 3);
  client.sendBatch(socket);
  client.take(answer(socket.batches[0]), socket);

  assertEquals(socket.batches[0].match(/^get( bench8:\d{8}){3}\r$/gm)?.length, 2);
  assertEquals(latencies.total, 2);
});

test("LoadClient writes the rest when the socket takes only a part", () => {
  const client = clientOf(new LatencyHistogram(), 1);
  const taken: [number, number][] = [];
  const socket = {
    write(_bytes: Uint8Array, offset: number, length: number): number {
      taken.push([offset, length]);
      return Math.min(length, 15);
    },
  };
  client.sendBatch(socket);
  client.goOn(socket);
  client.goOn(socket);
  assertEquals(taken, [[0, 21], [15, 6]]);
  assertThrows(() => client.sendBatch({ write: () => -1 }), Error, "the socket is closed");
});

test("KeyPicker picks by Zipf's law when it is to, and every key sometimes", () => {
  const table = KeyPicker.zipfianTable(100);
  const picker = new KeyPicker(1, 100, table);
  const counts = new Array(100).fill(0);
  for (let i = 0; i < 100_000; i++) counts[picker.next()]++;
  counts.sort((a, b) => b - a);
  // Of 100 keys, the first has a share of 1 / (1 + 2^-0.99 + … + 100^-0.99): 19 %.
  assertEquals(Math.abs(counts[0] - 19_000) < 1500, true, `${counts[0]}`);
  assertEquals(counts[99] > 0, true);
});
