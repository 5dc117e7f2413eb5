import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Pulse } from "../../src/workers/pulse.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { settled } from "../support/settled.ts";

const HANG_MS = 1000;
const BEAT_MS = HANG_MS / 10;

/** A thread that answers when the test says so. */
class Stage {
  readonly clock = new FakeClock();
  readonly asked: PromiseWithResolvers<null>[] = [];
  hangs = 0;
  readonly pulse = new Pulse({
    clock: this.clock,
    hangMs: HANG_MS,
    ask: () => {
      const question = Promise.withResolvers<null>();
      this.asked.push(question);
      return question.promise;
    },
    hung: () => this.hangs++,
  });

  /** The last question is answered. */
  async answer(): Promise<void> {
    this.asked.at(-1)!.resolve(null);
    await settled();
  }

  /** Beats pass, and what they bring is handled. */
  async beat(count = 1): Promise<void> {
    for (let beat = 0; beat < count; beat++) {
      this.clock.advance(BEAT_MS);
      await settled();
    }
  }
}

test("Pulse asks at every beat while it is answered", async () => {
  const stage = new Stage();
  for (let beat = 1; beat <= 30; beat++) {
    assertEquals(stage.asked.length, beat);
    await stage.answer();
    await stage.beat();
  }
  assertEquals(stage.hangs, 0);
});

test("Pulse tells once that there was no answer for ten beats in a row", async () => {
  const stage = new Stage();
  await stage.beat(9);
  assertEquals([stage.hangs, stage.asked.length], [0, 1]);
  await stage.beat(20);
  assertEquals([stage.hangs, stage.asked.length, stage.clock.pending], [1, 1, 0]);
});

test("Pulse begins to count anew with every answer, however late", async () => {
  const stage = new Stage();
  for (let round = 0; round < 3; round++) {
    await stage.beat(9);
    await stage.answer();
    await stage.beat();
  }
  assertEquals([stage.hangs, stage.asked.length], [0, 4]);
});

test("Pulse asks again when a question is given up, and goes on counting", async () => {
  const stage = new Stage();
  await stage.beat(5);
  stage.asked[0].reject(new Error("no answer"));
  await stage.beat(2);
  assertEquals([stage.hangs, stage.asked.length], [0, 2]);
  await stage.beat(4);
  assertEquals(stage.hangs, 1);
});

test("Pulse asks nothing once it is stopped", async () => {
  const stage = new Stage();
  stage.pulse.stop();
  stage.pulse.stop();
  await stage.beat(20);
  assertEquals([stage.hangs, stage.asked.length], [0, 1]);
});
