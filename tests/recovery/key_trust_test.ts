import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { GET } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { Journal } from "../../src/recovery/journal.ts";
import { KeyTrust } from "../../src/recovery/key_trust.ts";
import type { Phase } from "../../src/route/route.ts";
import { toBytes } from "../support/latin1.ts";

/** What is known of one server, and what was asked of its replays. */
class Stage {
  readonly backend = { phase: "serving" as Phase, usable: true };
  readonly journal = new Journal(10);
  readonly peerWait = { lacks: false, waits: false };
  readonly replays = {
    ofEverything: false,
    flushMissed: false,
    missedFlush: () => {},
    noteMisses: () => void this.steps.push("note"),
    begin: () => void this.steps.push("begin"),
  };
  readonly steps: string[] = [];
  restored = true;
  readonly keys = new KeyTrust({
    backend: this.backend,
    journal: this.journal,
    replays: this.replays,
    peerWait: this.peerWait,
    shared: null,
    restored: () => this.restored,
  });

  /** Of the key `k`. */
  get trust(): string {
    const { keys } = this;
    const words = [
      keys.misses("k") && "misses",
      keys.lacks("k") && "lacks",
      keys.knows("k") && "knows",
    ];
    return words.filter((word) => word !== false).join(" ");
  }
}

test("KeyTrust tells what a server misses, lacks and knows of a key", () => {
  const stage = new Stage();
  assertEquals(stage.trust, "knows");
  stage.peerWait.lacks = true;
  assertEquals(stage.trust, "lacks");
  stage.peerWait.lacks = false;
  // What was asked before may be answered after another proxy has deleted it.
  stage.peerWait.waits = true;
  assertEquals(stage.trust, "");
  stage.peerWait.waits = false;
  stage.journal.add("k");
  assertEquals(stage.trust, "misses");
  stage.journal.clear("k", true);
  assertEquals(stage.trust, "lacks");
  stage.journal.forget("k");
  stage.replays.ofEverything = true;
  assertEquals(stage.trust, "misses");
});

test("KeyTrust believes misses of a server that settles after its restore, unless others put keys back", () => {
  const stage = new Stage();
  stage.backend.phase = "restoring";
  stage.restored = false;
  assertEquals(stage.trust, "lacks");
  stage.restored = true;
  assertEquals(stage.trust, "lacks knows");
  stage.peerWait.lacks = true;
  assertEquals(stage.trust, "lacks");
  stage.peerWait.lacks = false;
  assertEquals(stage.trust, "lacks knows");
});

test("KeyTrust notes what a server missed, lost and wrote, and has a replay begun", () => {
  const stage = new Stage();
  const bytes = toBytes("k");
  stage.keys.missed(new Request().make(GET, bytes, 0, bytes.length));
  assertEquals([stage.trust, stage.steps], ["misses", ["note", "begin"]]);
  // Something older may still arrive there.
  stage.keys.wrote("k");
  assertEquals(stage.trust, "misses");
});

test("KeyTrust takes a key that a server lost for one that it lacks, until it wrote it", () => {
  const stage = new Stage();
  stage.keys.lost("k");
  assertEquals([stage.trust, stage.steps], ["lacks", ["note"]]);
  stage.keys.wrote("k");
  assertEquals(stage.trust, "knows");
  // The flush that is to be repeated takes it away again.
  stage.replays.flushMissed = true;
  stage.keys.wrote("k");
  assertEquals([stage.trust, stage.steps], ["lacks", ["note", "note", "note"]]);
});

test("KeyTrust of a server that lost more keys than the journal holds has each asked at its copy, and flushes nothing", () => {
  const stage = new Stage();
  for (let at = 0; at <= 10; at++) stage.keys.lost(`lost${at}`);
  assertEquals([stage.journal.size, stage.trust], [10, "lacks"]);
  assertEquals(stage.journal.incomplete, false);
});
