/**
 * A server that missed changes of a key is about to lose it to a replay: what it confirms
 * counts only together with the other copy.
 */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { RecordingSink } from "../support/recording_sink.ts";
import { CopiedChanges, DEADLINE_MS } from "./copied_changes.ts";
import { Distrust } from "./distrust.ts";

const INCR = "incr k 1\r\n";
/** What both copies get at once, and what a server confirms it with. */
const UNCONDITIONAL = [
  ["set k 0 0 1\r\nv\r\n", "STORED"],
  ["delete k\r\n", "DELETED"],
  ["touch k 60\r\n", "TOUCHED"],
] as const;
const [[SET]] = UNCONDITIONAL;
const BOTH_MODES = [false, true];

/** Servers that miss keys, and those of them that miss this one. */
function farm(
  { sync, missing, doubted = missing }: {
    sync: boolean;
    missing: readonly ("main" | "backup")[];
    doubted?: readonly string[];
  },
) {
  const recovery = new Distrust(doubted);
  const both = new CopiedChanges({ sync, recovery });
  for (const one of missing) both[one].missesKeys = true;
  return { both, recovery };
}

/** Each server answers what it was asked, in the order it is asked in. */
function answerAll({ main, backup }: CopiedChanges, by: { main: string; backup: string }): void {
  while (main.waiting.length + backup.waiting.length > 0) {
    for (const [server, line] of [[backup, by.backup], [main, by.main]] as const) {
      if (server.waiting.length === 0) continue;
      if (line === "fail") server.fail("request timeout");
      else server.answer(line);
    }
  }
}

function told(sink: RecordingSink): string {
  assertEquals(sink.calls.length, 1);
  return sink.failure ?? sink.text.trim();
}

test("A main that misses the key is not believed alone", () => {
  for (const sync of BOTH_MODES) {
    for (const [sent, confirmed] of UNCONDITIONAL) {
      const { both } = farm({ sync, missing: ["main"] });
      const sink = both.send(sent);
      answerAll(both, { main: confirmed, backup: "fail" });
      assertEquals(told(sink), "request timeout in doubt", sent);
      assertEquals(both.missed, [`backup ${sent.split(" ", 1)[0]} k`]);
    }
  }
});

test("A backup that misses the key is not believed alone", () => {
  for (const sync of BOTH_MODES) {
    for (const [sent, confirmed] of UNCONDITIONAL) {
      const { both } = farm({ sync, missing: ["backup"] });
      const sink = both.send(sent);
      answerAll(both, { main: "fail", backup: confirmed });
      assertEquals(told(sink), "request timeout in doubt", sent);
    }
  }
});

test("A backup that is reconciling is not believed alone", () => {
  for (const sync of BOTH_MODES) {
    const { both } = farm({ sync, missing: [], doubted: ["backup"] });
    both.backup.phase = "reconciling";
    const sink = both.send(SET);
    both.main.fail("request timeout");
    both.backup.answer("STORED");
    assertEquals(told(sink), "request timeout in doubt");
  }
});

test("Two copies that both miss the key confirm nothing: both are about to lose it", () => {
  for (const sync of BOTH_MODES) {
    for (const [sent, confirmed] of UNCONDITIONAL) {
      const { both } = farm({ sync, missing: ["main", "backup"] });
      const sink = both.send(sent);
      answerAll(both, { main: confirmed, backup: confirmed });
      assertEquals(told(sink), "recovering", sent);
    }
  }
});

test("One copy that misses the key and one that does not confirm a change together", () => {
  for (const sync of BOTH_MODES) {
    for (const missing of ["main", "backup"] as const) {
      for (const [sent, confirmed] of UNCONDITIONAL) {
        const { both } = farm({ sync, missing: [missing] });
        const sink = both.send(sent);
        answerAll(both, { main: confirmed, backup: confirmed });
        assertEquals(told(sink), confirmed, `${sent} ${missing}`);
      }
    }
  }
});

test("A server that misses other keys is believed alone", () => {
  for (const sync of BOTH_MODES) {
    const lacking = farm({ sync, missing: ["main", "backup"], doubted: [] });
    const byMain = lacking.both.send(SET);
    answerAll(lacking.both, { main: "STORED", backup: "fail" });
    assertEquals(told(byMain), "STORED");
    const byBackup = lacking.both.send(SET);
    answerAll(lacking.both, { main: "fail", backup: "STORED" });
    assertEquals(told(byBackup), "STORED");
  }
});

test("A copy that comes to miss the key before it answers is not believed alone", () => {
  for (const sync of BOTH_MODES) {
    for (const [name, other] of [["main", "backup"], ["backup", "main"]] as const) {
      const { both, recovery } = farm({ sync, missing: [], doubted: [] });
      const sink = both.send(SET);
      both[name].missesKeys = true;
      recovery.distrusted.add(name);
      both[name].answer("STORED");
      assertEquals(sink.answered, false);
      // The replay is through before the other copy has spoken: it has deleted what was confirmed.
      both[name].missesKeys = false;
      recovery.distrusted.delete(name);
      both[other].fail("request timeout");
      assertEquals(told(sink), "request timeout in doubt", name);
    }
  }
});

test("A main in order is the client's answer at once, whatever the backup misses: async", () => {
  const { both } = farm({ sync: false, missing: ["backup"] });
  const sink = both.send(SET);
  both.main.answer("STORED");
  assertEquals(told(sink), "STORED");
});

test("A main that misses the key stands alone no better when the backup's turn is too late", () => {
  const { both, recovery } = farm({ sync: true, missing: [], doubted: [] });
  both.send(INCR);
  const sink = both.send(SET);
  both.main.missesKeys = true;
  recovery.distrusted.add("main");
  // The increment and its fetch stay unanswered.
  both.main.waiting.splice(0, 2);
  both.main.answer("STORED");
  both.clock.advance(DEADLINE_MS);
  assertEquals(told(sink), "recovering");
});

test("A flush_all counts wherever it is confirmed: a replay deletes no more than it did", () => {
  const { both } = farm({ sync: true, missing: ["main"] });
  const sink = both.send("flush_all\r\n");
  both.main.answer("OK");
  both.backup.fail("request timeout");
  assertEquals(told(sink), "OK");
});

test("A copy that confirms a set or delete lacks the key no more, main or backup", () => {
  const cases = [[SET, "STORED", true], ["delete k\r\n", "NOT_FOUND", true], [
    "touch k 60\r\n",
    "TOUCHED",
    false,
  ]] as const;
  for (const [sent, confirmed, tells] of cases) {
    for (const name of ["main", "backup"] as const) {
      const { both, recovery } = farm({ sync: false, missing: [name], doubted: [] });
      both.send(sent);
      answerAll(both, { main: confirmed, backup: confirmed });
      assertEquals(recovery.told, tells ? [`${name} wrote k`] : [], `${sent} ${name}`);
    }
  }
});

test("DecidedChange tells recovery where the newest value is, at the main and its copy", () => {
  const { both, recovery } = farm({ sync: false, missing: ["main", "backup"], doubted: [] });
  both.send("add k 0 0 1\r\nv\r\n");
  both.main.answer("STORED");
  both.backup.answer("STORED");
  assertEquals(recovery.told, ["main wrote k", "backup wrote k"]);
  both.send("add k 0 0 1\r\nv\r\n");
  both.main.answer("NOT_STORED");
  assertEquals(recovery.told.length, 2);
});

test("DecidedChange, sync, does not believe a main that came to miss the key before its copy failed", () => {
  for (const misses of [true, false]) {
    const { both, recovery } = farm({ sync: true, missing: [], doubted: [] });
    const sink = both.send("add k 0 0 1\r\nv\r\n");
    both.main.answer("STORED");
    if (misses) recovery.distrusted.add("main");
    both.backup.fail("request timeout");
    assertEquals(told(sink), misses ? "recovering" : "STORED");
  }
});

test("A backup that decides alone is not believed when it came to miss the key", () => {
  const { both, recovery } = farm({ sync: false, missing: [], doubted: [] });
  both.main.usable = false;
  const sink = both.send(INCR);
  recovery.distrusted.add("backup");
  both.backup.answer("5");
  assertEquals([told(sink), both.missed], ["recovering", ["main incr k"]]);
});

test("A backup that may lack the key decides alone only when it has it, and else nobody misses it", () => {
  for (const has of [true, false]) {
    const { both, recovery } = farm({ sync: false, missing: ["backup"], doubted: [] });
    both.main.usable = false;
    recovery.lacks = true;
    recovery.repaired = has;
    const sink = both.send(INCR);
    if (has) both.backup.answer("5");
    assertEquals([told(sink), both.missed], has ? ["5", ["main incr k"]] : ["recovering", []]);
    assertEquals(recovery.told, ["repair backup", ...has ? ["backup wrote k"] : []]);
  }
});

test("A touch is refused where the copy that is away may be the only one, and nobody misses it", () => {
  for (const away of ["main", "backup"] as const) {
    for (const lacks of [true, false]) {
      const { both, recovery } = farm({ sync: false, missing: [], doubted: [] });
      both[away].usable = false;
      recovery.lacks = lacks;
      const sink = both.send("touch k 9\r\n");
      if (!lacks) both[away === "main" ? "backup" : "main"].answer("NOT_FOUND");
      const expected = lacks ? ["recovering", []] : ["NOT_FOUND", [`${away} touch k`]];
      assertEquals([told(sink), both.missed], expected);
    }
  }
});
