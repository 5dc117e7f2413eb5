import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { BLOCK_BYTES, ReplyCopies } from "../../src/client/reply_copies.ts";
import { toBytes } from "../support/latin1.ts";

test("ReplyCopies gives an empty block, whatever was in it before", () => {
  const copies = new ReplyCopies();
  const block = copies.takeBlock();
  const { bytes } = block.out;
  block.out.appendAll(toBytes("x".repeat(1000)));
  copies.giveBackBlock(block);
  const again = copies.takeBlock();
  assertEquals([again === block, again.out.length, again.held], [true, 0, 0]);
  assertEquals([again.out.bytes === bytes, bytes.length], [true, BLOCK_BYTES]);
});

test("ReplyCopies keeps not more copies and blocks than it may", () => {
  const copies = new ReplyCopies();
  const many = Array.from({ length: 1100 }, () => copies.takeCopy());
  for (const copy of many) copies.giveBackCopy(copy);
  const again = new Set(Array.from({ length: 1100 }, () => copies.takeCopy()));
  assertEquals(many.filter((copy) => again.has(copy)).length, 1024);

  const blocks = Array.from({ length: 200 }, () => copies.takeBlock());
  for (const block of blocks) copies.giveBackBlock(block);
  const others = new Set(Array.from({ length: 200 }, () => copies.takeBlock()));
  assertEquals(blocks.filter((block) => others.has(block)).length, 128);
});
