/** One client of the benchmark's load, on a socket that only remembers. */

import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { LatencyHistogram } from "../../scripts/benchmark/latency_histogram.ts";
import { LoadClient } from "../../scripts/benchmark/load_client.ts";
import { Workload } from "../../scripts/benchmark/workload.ts";

const workload = new Workload({ keyCount: 50, valueBytes: 8 });

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
  const replies = batch.matchAll(/(get|set) bench:(\d{8})/g).map(([, command, key]) =>
    command === "set" ? "STORED\r\n" : `VALUE bench:${key} 0 8\r\n${key}\r\nEND\r\n`
  );
  return new TextEncoder().encode([...replies].join(""));
}

function clientOf(latencies: LatencyHistogram, depth: number): LoadClient {
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
  assertEquals(new Set(sent.match(/bench:\d+/g)).size, 50);
});

test("LoadClient fails when the socket takes only a part", () => {
  const client = clientOf(new LatencyHistogram(), 1);
  assertThrows(() => client.sendBatch({ write: () => 5 }), Error, "took 5 of");
});
