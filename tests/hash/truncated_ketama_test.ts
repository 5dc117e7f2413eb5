import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { Modulo } from "../../src/hash/modulo.ts";
import { TruncatedKetama } from "../../src/hash/truncated_ketama.ts";
import { ownerOf, VECTOR_SERVERS } from "./placement.ts";
import { keyDigest, ownerOnRing, ringPoints } from "./ring_points.ts";

/** Has a point below 256, 180, as one server in 8000 has. */
const SMALL_POINT_SERVER = { hostname: "10.0.117.236", port: 11211 };

test("TruncatedKetama spreads key:0 to key:99999 as magent 0.6 did", () => {
  const truncated = new TruncatedKetama(VECTOR_SERVERS);
  const modulo = new Modulo(VECTOR_SERVERS);
  const counts = [0, 0, 0];
  let byModulo = 0;
  for (let n = 0; n < 100_000; n++) {
    const key = `key:${n}`;
    const owner = ownerOf(truncated, key);
    if (keyDigest(key).firstByte !== 0) {
      counts[owner]++;
      continue;
    }
    byModulo++;
    assertEquals(owner, ownerOf(modulo, key));
  }
  assertEquals({ counts, byModulo }, { counts: [0, 99587, 0], byModulo: 413 });
});

test("TruncatedKetama looks the byte up on the ring, where a point is small enough", () => {
  const servers = [SMALL_POINT_SERVER, ...VECTOR_SERVERS];
  const ring = ringPoints(servers);
  assert(ring[0].point === 180 && ring[1].point > 255 && ring[1].owner !== ring[0].owner);

  const truncated = new TruncatedKetama(servers);
  const owners = new Set<number>();
  for (let n = 0; n < 2000; n++) {
    const { firstByte } = keyDigest(`key:${n}`);
    if (firstByte === 0) continue;
    assertEquals(ownerOf(truncated, `key:${n}`), ownerOnRing(ring, firstByte));
    owners.add(ownerOf(truncated, `key:${n}`));
  }
  assertEquals(owners.size, 2);
});
