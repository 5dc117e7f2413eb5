import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { KetamaRing } from "../../src/hash/ketama_ring.ts";
import { ownerOf, VECTOR_SERVERS } from "./placement.ts";
import { keyDigest, ownerOnRing, ringPoints } from "./ring_points.ts";

const MAX_POINT = 2 ** 32 - 1;

test("KetamaRing places key:0 to key:5 as magent meant it to", () => {
  const ring = new KetamaRing(VECTOR_SERVERS);
  const owners = [0, 1, 2, 3, 4, 5].map((n) => ownerOf(ring, `key:${n}`));
  assertEquals(owners, [2, 2, 0, 1, 0, 0]);
});

test("KetamaRing spreads key:0 to key:99999 as magent meant it to", () => {
  const ring = new KetamaRing(VECTOR_SERVERS);
  const counts = [0, 0, 0];
  for (let n = 0; n < 100_000; n++) counts[ownerOf(ring, `key:${n}`)]++;
  assertEquals(counts, [33426, 33018, 33556]);
});

test("KetamaRing places servers by the name the operator wrote", () => {
  const servers = [
    { hostname: "cache-1.example.com", port: 11211 },
    { hostname: "Cache-1.example.com", port: 11212 },
    { hostname: "::1", port: 11211 },
    { hostname: "/run/memcached/mc.sock", port: 0 },
    { hostname: "zwischenspeicher-ü", port: 65535 },
  ];
  const ring = new KetamaRing(servers);
  const expected = ringPoints(servers);
  for (let n = 0; n < 1000; n++) {
    const key = `clé:${n}`;
    assertEquals(ownerOf(ring, key), ownerOnRing(expected, keyDigest(key).firstWord), key);
  }
});

test("KetamaRing gives a point to the first server point that is not below it", () => {
  const ring = new KetamaRing(VECTOR_SERVERS);
  for (const { point, owner } of ringPoints(VECTOR_SERVERS)) {
    assertEquals(ring.ownerOfPoint(point), owner, `at ${point}`);
  }
  const expected = ringPoints(VECTOR_SERVERS);
  for (const [index, { point }] of expected.entries()) {
    const next = expected[(index + 1) % expected.length];
    assertEquals(ring.ownerOfPoint(point + 1), next.owner, `after ${point}`);
  }
});

test("KetamaRing looks up the points 0 and 2^32 - 1 like any other", () => {
  const ring = new KetamaRing(VECTOR_SERVERS);
  const smallest = ringPoints(VECTOR_SERVERS)[0];
  assertEquals(ring.ownerOfPoint(0), smallest.owner);
  assertEquals(ring.ownerOfPoint(MAX_POINT), smallest.owner);
});

test("KetamaRing gives a point that two servers share to the one listed first", () => {
  const twice = [VECTOR_SERVERS[1], VECTOR_SERVERS[1], VECTOR_SERVERS[0], VECTOR_SERVERS[0]];
  const ring = new KetamaRing(twice);
  const owners = new Set<number>();
  for (let n = 0; n < 1000; n++) owners.add(ownerOf(ring, `key:${n}`));
  assertEquals([...owners].sort(), [0, 2]);
});

test("KetamaRing moves only the new server's share of keys when one is added", () => {
  const before = new KetamaRing(VECTOR_SERVERS.slice(0, 2));
  const after = new KetamaRing(VECTOR_SERVERS);
  for (let n = 0; n < 10_000; n++) {
    const owner = ownerOf(after, `key:${n}`);
    if (owner !== 2) assertEquals(owner, ownerOf(before, `key:${n}`));
  }
});
