import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { CrawlerSleep } from "../../src/recovery/crawler_sleep.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { settled } from "../support/settled.ts";

/** A server that has this answer to `stats settings`. */
class Stage {
  readonly clock = new FakeClock();
  readonly asked: string[] = [];
  hurry = false;
  readonly sleep: CrawlerSleep;

  constructor(settings: string | null) {
    this.sleep = new CrawlerSleep(this.clock, {
      ask: (line) => {
        this.asked.push(line);
        return Promise.resolve(line === "stats settings" ? settings : "OK\r\n");
      },
      hurry: () => this.hurry,
    });
  }

  /** What the server was told in so many seconds. */
  async pass(seconds: number): Promise<string[]> {
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(1000);
      await settled();
    }
    return this.asked.splice(0);
  }
}

function settingsOf(sleep: number): string {
  return `STAT maxbytes 67108864\r\nSTAT lru_crawler_sleep ${sleep}\r\nEND\r\n`;
}

test("CrawlerSleep lets a crawler rest, less while names are lacking, and puts back what was", async () => {
  const stage = new Stage(settingsOf(300));
  stage.sleep.begin();
  await settled();
  assertEquals(stage.asked.splice(0), ["stats settings", "lru_crawler sleep 20001"]);
  assertEquals(await stage.pass(3), []);
  stage.hurry = true;
  assertEquals(await stage.pass(2), ["lru_crawler sleep 10001", "lru_crawler sleep 5001"]);
  assertEquals(await stage.pass(5), ["lru_crawler sleep 1001"]);
  stage.hurry = false;
  assertEquals(await stage.pass(1), ["lru_crawler sleep 5001"]);
  await stage.sleep.end();
  assertEquals([stage.asked, stage.clock.pending], [["lru_crawler sleep 300"], 0]);
});

test("CrawlerSleep puts back the default where a proxy left its own", async () => {
  for (const left of [20_001, 5_001, 1_001]) {
    const stage = new Stage(settingsOf(left));
    stage.sleep.begin();
    await settled();
    await stage.sleep.end();
    assertEquals(stage.asked.slice(1), ["lru_crawler sleep 20001", "lru_crawler sleep 100"]);
  }
});

test("CrawlerSleep leaves a server alone that rests longer, or does not tell", async () => {
  for (const settings of [settingsOf(500_000), "STAT maxbytes 1\r\nEND\r\n", "ERROR\r\n", null]) {
    const stage = new Stage(settings);
    stage.sleep.begin();
    await settled();
    await stage.sleep.end();
    assertEquals([stage.asked, stage.clock.pending], [["stats settings"], 0]);
  }
});

test("CrawlerSleep asks for nothing when a dump ends before it has begun, or is asked", async () => {
  const early = new Stage(settingsOf(100));
  await early.sleep.end();
  assertEquals(early.asked, []);
  const late = new Stage(settingsOf(100));
  late.sleep.begin();
  await late.sleep.end();
  assertEquals(late.asked, ["stats settings"]);
});
