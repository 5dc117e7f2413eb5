import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Modulo } from "../../src/hash/modulo.ts";
import { ownerOf, VECTOR_SERVERS } from "./placement.ts";

test("Modulo is the djb hash modulo the number of servers", () => {
  const modulo = new Modulo(VECTOR_SERVERS);
  assertEquals(ownerOf(modulo, "key:0"), 264809144 % 3);
  assertEquals(ownerOf(modulo, "key:1"), 264809145 % 3);
  assertEquals(ownerOf(modulo, new Uint8Array([0x6b, 0xc3, 0xa9])), 193491420 % 3);
});

test("Modulo looks at the number of servers, not at their names", () => {
  const modulo = new Modulo(VECTOR_SERVERS);
  const renamed = new Modulo(VECTOR_SERVERS.map(() => ({ hostname: "localhost", port: 1 })));
  for (let n = 0; n < 100; n++) assertEquals(ownerOf(renamed, `k${n}`), ownerOf(modulo, `k${n}`));
});
