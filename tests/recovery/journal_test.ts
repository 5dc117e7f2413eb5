import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Journal } from "../../src/recovery/journal.ts";

/** A journal that has missed and cleared these keys. */
function cleared(...keys: readonly string[]): Journal {
  const journal = new Journal(10);
  for (const key of keys) journal.add(key);
  for (const key of keys) journal.clear(key, false);
  return journal;
}

test("Journal forgets after a restore what was cleared before it", () => {
  const journal = cleared("a", "b");
  journal.restoreBegins();
  journal.restored();
  assertEquals([...journal.cleared], []);
  assertEquals(journal.size, 0);
});

test("Journal keeps after a restore what was missed or flushed again meanwhile", () => {
  const journal = cleared("again", "flushed", "gone", "put back");
  journal.restoreBegins();
  journal.add("again");
  journal.clear("again", false);
  journal.lack("flushed");
  journal.add("gone");
  journal.add("new");
  journal.clear("new", false);
  journal.restored();
  assertEquals([...journal.cleared].sort(), ["again", "flushed", "new"]);
  assertEquals([...journal.missed], ["gone"]);
});

test("Journal forgets nothing when a restore did not end", () => {
  const journal = cleared("a");
  journal.restoreBegins();
  journal.add("b");
  journal.clear("b", false);
  journal.restoreBegins();
  assertEquals([...journal.cleared], ["a", "b"]);
});

test("Journal that overflowed keeps through a flush what was missed since it began", () => {
  const journal = new Journal(2);
  for (const key of ["a", "b"]) journal.add(key);
  assertEquals(journal.add("c"), false);
  assertEquals(journal.incomplete, true);
  journal.lastRoundBegins();
  journal.add("b");
  journal.emptied();
  assertEquals(journal.incomplete, false);
  assertEquals([...journal.missed], ["b"]);
});

test("Journal that overflows again since a flush began stays incomplete", () => {
  const journal = new Journal(1);
  journal.add("a");
  journal.add("b");
  journal.lastRoundBegins();
  journal.add("c");
  journal.emptied();
  assertEquals(journal.incomplete, true);
  journal.lastRoundBegins();
  journal.emptied();
  assertEquals(journal.incomplete, false);
  assertEquals(journal.size, 0);
});

test("Journal without room for a key that is lacking takes any for lacking, until a restore has put all back", () => {
  const journal = new Journal(1);
  journal.lack("a");
  assertEquals([journal.lacks("a"), journal.lacks("b")], [true, false]);
  journal.lack("b");
  assertEquals([journal.incomplete, journal.lacks("b"), journal.lacks("c")], [false, true, true]);
  journal.restoreBegins();
  journal.lack("c");
  journal.restored();
  assertEquals([journal.size, journal.lacks("a")], [0, true]);
  journal.restoreBegins();
  journal.restored();
  assertEquals(journal.lacks("a"), false);
});
