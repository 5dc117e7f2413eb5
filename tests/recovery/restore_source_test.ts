import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Backend } from "../../src/backend/backend.ts";
import {
  BackendSource,
  slabClasses,
  type SourceWhileRestored,
} from "../../src/recovery/restore_source.ts";
import { LoneBackend } from "../backend/lone_backend.ts";
import { toText } from "../support/latin1.ts";
import { settled } from "../support/settled.ts";

const ITEMS = ["STAT items:1:number 2", "STAT items:1:number_hot 2", "STAT items:7:number 30"];
const ITEMS_ANSWER = `${ITEMS.join("\r\n")}\r\nEND\r\n`;

/** A source whose server the test plays. */
class Stage {
  readonly lone = new LoneBackend();
  readonly asked: string[] = [];
  readonly keys: string[] = [];
  expected = 0;
  workedOff = 0;
  goOn = true;
  stopped = false;
  end: string | null = null;
  readonly source: BackendSource;

  constructor(
    items: string | null,
    settings: string | null = null,
    restoring: SourceWhileRestored = "read",
  ) {
    const { network, clock, backend } = this.lone;
    network.welcome = "silent";
    this.source = new BackendSource(backend, {
      runtime: network,
      clock,
      ask: (_: Backend, line: string) => {
        this.asked.push(line);
        return Promise.resolve(line === "stats items" ? items : settings);
      },
      signal: new AbortController().signal,
    }, restoring);
  }

  async read(): Promise<void> {
    const pace = {
      expect: (keys: number) => this.expected = keys,
      workedOff: () => {
        this.workedOff++;
        return Promise.resolve(this.goOn);
      },
      lacks: () => false,
      stopped: () => this.stopped,
    };
    const each: Parameters<BackendSource["read"]>[0] = ({ bytes, keyStart, keyEnd }) => {
      this.keys.push(toText(bytes.subarray(keyStart, keyEnd)));
    };
    void this.source.read(each, pace).then((end) => this.end = end);
    await settled();
  }

  async receive(text: string): Promise<void> {
    this.lone.network.last.receive(text);
    await settled();
    await settled();
  }

  get question(): string {
    return this.lone.network.last.sent;
  }
}

test("slabClasses gives the classes that have items, the largest first", () => {
  assertEquals(slabClasses(ITEMS_ANSWER), [{ id: "7", items: 30 }, { id: "1", items: 2 }]);
});

test("slabClasses takes all classes as one where a server does not tell them", () => {
  for (const answer of [null, "ERROR\r\n", "END\r\n", "STAT items:1:num"]) {
    assertEquals(slabClasses(answer), [{ id: "all", items: 0 }]);
  }
});

test("BackendSource reads the whole hash table where it can, and says what to expect", async () => {
  const stage = new Stage(ITEMS_ANSWER);
  await stage.read();
  assertEquals([stage.asked, stage.expected], [["stats items"], 32]);
  assertEquals(stage.question, "lru_crawler metadump hash\r\n");
  await stage.receive("key=a%20b exp=-1 la=5 cas=1 fetch=no cls=7 size=9\nEND\r\n");
  assertEquals([stage.keys, stage.end, stage.lone.network.attempts], [["a b"], "complete", 1]);
});

test("BackendSource reads class by class where it must, each worked off before the next", async () => {
  const stage = new Stage(ITEMS_ANSWER);
  await stage.read();
  await stage.receive("BADCLASS invalid class id\r\n");
  assertEquals(stage.question, "lru_crawler metadump 7\r\n");
  await stage.receive("key=k exp=-1 la=5 cas=1 fetch=no cls=7 size=9\nEND\r\n");
  assertEquals([stage.keys, stage.workedOff], [["k"], 1]);
  assertEquals(stage.question, "lru_crawler metadump 1\r\n");
  await stage.receive("END\r\n");
  assertEquals([stage.end, stage.lone.network.attempts], ["complete", 3]);
});

test("BackendSource asks again while somebody else has a dump made", async () => {
  const stage = new Stage(null);
  await stage.read();
  await stage.receive("BUSY currently processing crawler request\r\n");
  assertEquals([stage.end, stage.lone.network.attempts], [null, 1]);
  stage.lone.clock.advance(500);
  await settled();
  assertEquals(stage.lone.network.attempts, 2);
  await stage.receive("END\r\n");
  assertEquals(stage.end, "complete");
});

test("BackendSource stops between classes when it is told, and when its server is lost", async () => {
  const told = new Stage(ITEMS_ANSWER);
  told.goOn = false;
  await told.read();
  await told.receive("ERROR\r\n");
  await told.receive("END\r\n");
  assertEquals([told.end, told.lone.network.attempts], ["lost", 2]);
  const lost = new Stage(ITEMS_ANSWER);
  await lost.read();
  lost.lone.network.last.lose();
  await settled();
  await settled();
  assertEquals(lost.end, "lost");
  const refused = new Stage(ITEMS_ANSWER);
  await refused.read();
  await refused.receive("ERROR\r\n");
  await refused.receive("ERROR\r\n");
  assertEquals(refused.end, "refused");
});

test("BackendSource is ready while its server is in service and not behind", () => {
  const { source, lone } = new Stage(null);
  assertEquals(source.ready, true);
  lone.backend.enter("restoring");
  assertEquals(source.ready, true);
  lone.backend.enter("reconciling");
  assertEquals(source.ready, false);
  lone.backend.enter("serving");
  lone.backend.force("down");
  assertEquals(source.ready, false);
});

test("BackendSource that changes reach last is ready when it is whole again", () => {
  const { source, lone } = new Stage(null, null, "wait");
  assertEquals(source.ready, true);
  lone.backend.enter("restoring");
  assertEquals(source.ready, false);
  lone.backend.enter("serving");
  assertEquals(source.ready, true);
});

const NAMES = "key=k exp=-1 la=5 cas=1 fetch=no cls=7 size=9\n".repeat(5000);

test("BackendSource lets a crawler rest that has much to tell, and then work as before", async () => {
  const stage = new Stage(ITEMS_ANSWER, "STAT lru_crawler_sleep 250\r\nEND\r\n");
  await stage.read();
  await stage.receive(NAMES);
  assertEquals(stage.asked.splice(0), ["stats items", "stats settings", "lru_crawler sleep 20001"]);
  await stage.receive("END\r\n");
  assertEquals(stage.asked, ["lru_crawler sleep 250"]);
  assertEquals([stage.end, stage.keys.length], ["complete", 5000]);
});

test("BackendSource gives up a dump and a busy crawler that nobody waits for any more", async () => {
  const stage = new Stage(ITEMS_ANSWER, "STAT lru_crawler_sleep 250\r\nEND\r\n");
  await stage.read();
  await stage.receive(NAMES);
  stage.stopped = true;
  await stage.receive(NAMES);
  assertEquals([stage.end, stage.asked.at(-1)], ["lost", "lru_crawler sleep 250"]);
  const busy = new Stage(null);
  busy.stopped = true;
  await busy.read();
  await busy.receive("BUSY currently processing crawler request\r\n");
  assertEquals([busy.end, busy.lone.network.attempts], ["lost", 1]);
});
