import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Log } from "../../src/log/log.ts";
import { Journal } from "../../src/recovery/journal.ts";
import { Restoration, type RestorationOptions } from "../../src/recovery/restoration.ts";
import { SETTLE_MS } from "../../src/recovery/settling.ts";
import { FakeClock } from "../support/fake_clock.ts";

const GRACE_MS = 3000;
const READ_REPAIR_MS = 1000;

/**
 * A server that came back empty, and takes its marker only when the test says so. `others`: there
 * are other proxies, which have looked at it when the test says so.
 */
function cameBack(mode: "auto" | "read-repair" = "auto", others = false) {
  const clock = new FakeClock();
  const marks: (() => void)[] = [];
  const seen: { readonly ms: number; readonly then: () => void }[] = [];
  const words: string[] = [];
  const backend = { name: "main:1", usable: true };
  const abort = new AbortController();
  const ask = () => Promise.resolve(null);
  const options = {
    backend,
    services: {
      clock,
      log: new Log(() => {}),
      ask,
      mode,
      graceMs: GRACE_MS,
      readRepairMs: READ_REPAIR_MS,
    },
    farm: {
      shared: null,
      board: {
        whenSeen: (ms: number, then: () => void) => others ? seen.push({ ms, then }) : then(),
        whenKnown: (_server: unknown, then: () => void) => then(),
      },
      whenWorkersKnow: (then: () => void) => then(),
      signal: abort.signal,
    },
    journal: new Journal(10),
    repairs: {},
    marker: {
      read: () => {},
      setWhole: (_marked: number, settling: boolean) =>
        void words.push(settling ? "settling" : "up"),
    },
    generation: () => 5,
    markAnew: (marked: () => void) => void marks.push(marked),
    phase: () => "restoring",
    enter: (phase: string) => void words.push(phase),
    noteMisses: () => {},
    othersReplay: () => true,
  };
  const restoration = new Restoration(options as unknown as RestorationOptions);
  restoration.begin("nobody");
  return { clock, marks, seen, words, abort, backend, restoration };
}

test("Restoration marks its server again when it took no marker, and once it has, no more", () => {
  const { clock, marks, backend, restoration } = cameBack();
  backend.usable = false;
  clock.advance(GRACE_MS);
  assertEquals([marks.length, restoration.mayRepair], [1, false]);
  backend.usable = true;
  clock.advance(GRACE_MS);
  assertEquals(marks.length, 2);
  marks[1]();
  assertEquals(restoration.mayRepair, true);
  clock.advance(2 * GRACE_MS);
  assertEquals(marks.length, 2);
});

test("Restoration that begins anew, or whose proxy ends, leaves the marker of before alone", () => {
  const anew = cameBack();
  anew.restoration.begin("marked");
  const ended = cameBack();
  ended.abort.abort();
  for (const { clock, marks } of [anew, ended]) {
    clock.advance(2 * GRACE_MS);
    assertEquals(marks.length, 1);
  }
});

test("Restoration says that it is over, and once more when the last placeholder is", () => {
  const { clock, marks, words } = cameBack("read-repair");
  marks[0]();
  clock.advance(READ_REPAIR_MS);
  assertEquals(words, ["restoring", "settling"]);
  clock.advance(SETTLE_MS);
  assertEquals(words, ["restoring", "settling", "serving", "up"]);
});

test("Restoration that the operator stops leaves others their own", () => {
  const { clock, words, restoration } = cameBack();
  restoration.stop();
  clock.advance(SETTLE_MS);
  assertEquals(words, ["restoring", "serving"]);
});

test("Restoration reads no copy before what others had sent there has arrived, or is noted as missed", () => {
  const { seen, restoration } = cameBack("auto", true);
  // All have lost it; but what it confirmed to them before may be on its way to the copy.
  restoration.begin("all");
  assertEquals([seen.length, restoration.mayRepair], [1, false]);
  assertEquals(seen[0].ms, GRACE_MS);
  seen[0].then();
  assertEquals(restoration.mayRepair, true);
});
