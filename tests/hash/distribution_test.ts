import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createDistribution } from "../../src/hash/distribution.ts";
import { KetamaRing } from "../../src/hash/ketama_ring.ts";
import { Modulo } from "../../src/hash/modulo.ts";
import { TruncatedKetama } from "../../src/hash/truncated_ketama.ts";
import { VECTOR_SERVERS } from "./placement.ts";

const NAMES = ["modulo", "ketama", "ketama-0.6"] as const;

test("createDistribution knows every name", () => {
  assert(createDistribution("modulo", VECTOR_SERVERS) instanceof Modulo);
  assert(createDistribution("ketama", VECTOR_SERVERS) instanceof KetamaRing);
  assert(createDistribution("ketama-0.6", VECTOR_SERVERS) instanceof TruncatedKetama);
});

test("createDistribution gives a single server every key without reading it", () => {
  const unreadable = new Proxy(new Uint8Array(8), {
    get: () => {
      throw new Error("the key was read");
    },
  });
  for (const name of NAMES) {
    const distribution = createDistribution(name, VECTOR_SERVERS.slice(0, 1));
    assertEquals(distribution.owner(unreadable, 0, 8), 0);
  }
});

test("createDistribution refuses an empty list of servers, and one past 16 bits", () => {
  const tooMany = new Array(65537).fill(VECTOR_SERVERS[0]);
  for (const name of NAMES) {
    assertThrows(() => createDistribution(name, []), RangeError, "current value is 0");
    assertThrows(() => createDistribution(name, tooMany), RangeError, "current value is 65537");
  }
});
