import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ChunkLoan } from "../../src/message/loan.ts";

test("ChunkLoan tells every borrower of its end, and of that of a later chunk only who asks again", () => {
  const loan = new ChunkLoan();
  const told: string[] = [];
  const borrowers = ["first", "second"].map((name) => ({ settle: () => told.push(name) }));

  for (const borrower of borrowers) loan.add(borrower);
  loan.end();
  assertEquals(told, ["first", "second"]);
  loan.add(borrowers[1]);
  loan.end();
  loan.end();
  assertEquals(told, ["first", "second", "second"]);
});
