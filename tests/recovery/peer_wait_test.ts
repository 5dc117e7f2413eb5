import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Log } from "../../src/log/log.ts";
import type { Announcers } from "../../src/recovery/announcement.ts";
import { PeerWait } from "../../src/recovery/peer_wait.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination, hitOf, withCas } from "../support/fake_destination.ts";

const GRACE_MS = 1200;
/** The word of the lock is 0.25 in 36 digits. */
const LOCK = "add magent:board:lock 0 30 1\r\n9\r\n";
const LOOK_AT_LOCK = "mg magent:board:lock v f t c\r\n";
const UNLOCK = "md magent:board:lock C7\r\n";

const LACKING: Announcers = { missed: [], lacking: ["p1"] };
const MISSED: Announcers = { missed: ["p1", "p2"], lacking: ["p3"] };

/** A server whose connections can be lost. */
class AnnouncedServer extends FakeDestination {
  lostEpoch = 0;
  othersLack = false;
}

/** Everything that waits for promises alone has happened. */
async function promisesKept(): Promise<void> {
  for (let hop = 0; hop < 20; hop++) await null;
}

/** A wait, and all that it told. */
class Stage {
  readonly clock = new FakeClock();
  readonly server = new AnnouncedServer("server");
  /** In its order. */
  readonly steps: string[] = [];
  readonly lines: string[] = [];
  readonly wait: PeerWait;
  /** Of `marker.read`. */
  #answerMarker: ((answered: boolean) => void) | null = null;
  #seen: (() => void) | null = null;
  /** The marker is taken. */
  marks = true;

  constructor() {
    const step = (name: string) => () => void this.steps.push(name);
    this.wait = new PeerWait({
      backend: this.server,
      services: {
        clock: this.clock,
        random: () => 0.25,
        graceMs: GRACE_MS,
        flushIncomplete: true,
        log: new Log((line) => this.lines.push(line)),
      },
      marker: { read: (_, asked) => this.#answerMarker = asked! },
      known: () => true,
      changed: () => {
        const { waits, lacks } = this.wait;
        this.steps.push(`waits ${waits}, lacks ${lacks}`);
      },
      sawMarker: () => {},
      mark: () => {
        this.steps.push("mark");
        return Promise.resolve(this.marks);
      },
      emptied: step("emptied"),
      marked: step("marked"),
      whenSeen: (then) => this.#seen = then,
    });
  }

  /** The marker is read; its generation is the same. */
  readMarker(): void {
    this.#answerMarker!(true);
  }

  /** All proxies have looked again. */
  lookAgain(): void {
    this.#seen!();
  }

  takeOver(by: Announcers): Promise<void> {
    const settled = () => void this.steps.push("settled");
    return this.wait.takeOver({ by, settled });
  }
}

test("PeerWait reads nothing of a server that missed changes, and asks copies of one that lacks keys", () => {
  const stage = new Stage();
  stage.wait.announcedBy({ missed: ["p1"], lacking: [] });
  assertEquals(stage.server.othersLack, false);
  stage.wait.announcedBy({ missed: [], lacking: ["p1"] });
  assertEquals(stage.server.othersLack, true);
  stage.readMarker();
  stage.wait.announcedBy({ missed: [], lacking: [] });
  assertEquals(stage.server.othersLack, false);
  assertEquals(stage.steps, [
    "waits true, lacks false",
    // Until its marker has been read.
    "waits true, lacks true",
    "waits false, lacks true",
    "waits false, lacks false",
  ]);
});

test("PeerWait that hears only that a server lacks keys goes on reading there", () => {
  const stage = new Stage();
  stage.wait.announcedBy({ missed: [], lacking: ["p1", "p2"] });
  assertEquals(stage.steps, ["waits false, lacks true"]);
  assertEquals(stage.lines.length, 1);
  assertEquals(stage.lines[0].includes("server lacks keys that proxy p1, p2 puts back"), true);
});

test("PeerWait restores a server that lacks keys of a proxy that is gone, and flushes nothing", async () => {
  const stage = new Stage();
  const taken = stage.takeOver(LACKING);
  stage.server.answer("STORED");
  await taken;
  assertEquals(stage.server.received, [LOCK]);
  assertEquals(stage.steps, ["mark", "marked"]);
  stage.lookAgain();
  assertEquals(stage.steps, ["mark", "marked", "settled"]);
  assertEquals(stage.server.received, [LOCK]);
});

test("PeerWait unlocks it when all have looked at what it settled", async () => {
  const stage = new Stage();
  const taken = stage.takeOver(LACKING);
  stage.server.answer("STORED");
  await taken;
  stage.lookAgain();
  stage.lookAgain();
  assertEquals(stage.server.received, [LOCK, LOOK_AT_LOCK]);
  stage.server.answerWith(withCas(hitOf("9"), " c7"));
  await promisesKept();
  assertEquals(stage.server.received, [LOCK, LOOK_AT_LOCK, UNLOCK]);
});

/** As far as the end of the grace. */
async function takenOver(stage: Stage): Promise<void> {
  stage.wait.announcedBy(MISSED);
  stage.steps.length = 0;
  const taken = stage.takeOver(MISSED);
  void taken.then(() => stage.steps.push("over"));
  stage.server.answer("STORED");
  await promisesKept();
}

test("PeerWait empties a server once for all proxies that are gone, and settles it for all", async () => {
  const stage = new Stage();
  await takenOver(stage);
  stage.clock.advance(GRACE_MS);
  await promisesKept();
  stage.server.answer("OK");
  await promisesKept();
  assertEquals(stage.server.received, [LOCK, "flush_all\r\n"]);
  assertEquals(stage.steps, ["mark", "emptied", "settled", "over"]);
  assertEquals(stage.lines.at(-1)!.includes("missed changes of proxy p1, p2, which is gone"), true);
});

test("PeerWait empties it although another proxy has settled it for some of them", async () => {
  const stage = new Stage();
  await takenOver(stage);
  stage.wait.announcedBy({ missed: ["p2"], lacking: [] });
  stage.clock.advance(GRACE_MS);
  await promisesKept();
  assertEquals(stage.server.received, [LOCK, "flush_all\r\n"]);
});

test("PeerWait leaves such a server to whoever has locked it", async () => {
  const stage = new Stage();
  const taken = stage.takeOver(LACKING);
  stage.server.answer("NOT_STORED");
  await taken;
  assertEquals(stage.steps, []);
});

test("PeerWait settles nothing while the server takes no marker", async () => {
  const stage = new Stage();
  stage.marks = false;
  const taken = stage.takeOver(LACKING);
  stage.server.answer("STORED");
  await taken;
  assertEquals(stage.steps, ["mark"]);
});
