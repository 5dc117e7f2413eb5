import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ReplyCopies } from "../../src/client/reply_copies.ts";
import { hitOf, replyOf } from "../support/fake_destination.ts";

test("ReplyCopies.of copies like retain, whatever the copy was before", () => {
  const copies = new ReplyCopies();
  const first = copies.of(hitOf("long value", { key: "first" }));
  copies.giveBack(first);
  const reply = replyOf("STORED");
  reply.start = 1;
  const second = copies.of(reply);
  const other = reply.retain();

  assertEquals(second === first, true);
  assertEquals(second.bytes.slice(0, second.end), other.bytes);
  assertEquals({ ...second, bytes: null }, { ...other, bytes: null });
});

test("ReplyCopies keeps no large copy, and not more than it may", () => {
  const copies = new ReplyCopies();
  const large = copies.of(hitOf("x".repeat(3000)));
  copies.giveBack(large);
  assertEquals(copies.of(hitOf("x".repeat(3000))) === large, false);

  const many = Array.from({ length: 1100 }, () => copies.of(replyOf("STORED")));
  for (const copy of many) copies.giveBack(copy);
  const again = new Set(Array.from({ length: 1100 }, () => copies.of(replyOf("STORED"))));
  assertEquals(many.filter((copy) => again.has(copy)).length, 1024);
});
