import { assertEquals, assertRejects } from "@std/assert";
import { test } from "node:test";
import { type Answers, Dialogue } from "../../src/workers/dialogue.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { portPair } from "../support/fake_thread.ts";

interface Asked {
  double: { body: number; answer: number };
  note: { body: string; answer: null };
  never: { body: null; answer: null };
}

type Nothing = Record<never, never>;

class Talk {
  readonly clock = new FakeClock();
  readonly notes: string[] = [];
  readonly near: Dialogue<Asked, Nothing>;
  readonly far: Dialogue<Nothing, Asked>;

  constructor() {
    const [near, far] = portPair();
    const answers: Answers<Asked> = {
      double: (number) => {
        if (number < 0) throw new Error(`${number} is negative`);
        return 2 * number;
      },
      note: (text) => {
        this.notes.push(text);
        return null;
      },
      never: () => new Promise(() => {}),
    };
    this.near = new Dialogue(near, { clock: this.clock, answers: {} });
    this.far = new Dialogue(far, { clock: this.clock, answers });
  }
}

test("Dialogue brings every answer to its question", async () => {
  const { near, clock } = new Talk();
  const answers = [1, 2, 3].map((number) => near.ask("double", number, 100));
  assertEquals(await Promise.all(answers), [2, 4, 6]);
  assertEquals(clock.pending, 0);
});

test("Dialogue brings an error back", async () => {
  const { near } = new Talk();
  await assertRejects(() => near.ask("double", -1, 100), Error, "-1 is negative");
});

test("Dialogue waits for an answer no longer than it was told", async () => {
  const { near, clock } = new Talk();
  const answer = near.ask("never", null, 100);
  const rejection = assertRejects(() => answer, Error, "no answer within 100 ms");
  clock.advance(100);
  await rejection;
});

test("Dialogue turns away a question when too many wait", async () => {
  const { near } = new Talk();
  const waiting = Array.from({ length: 1024 }, () => near.ask("never", null, 100));
  await assertRejects(() => near.ask("double", 1, 100), Error, "1024 questions wait");
  near.close();
  const ends = await Promise.allSettled(waiting);
  assertEquals(ends.every(({ status }) => status === "rejected"), true);
});

test("Dialogue says what needs no answer, and gets none", async () => {
  const talk = new Talk();
  talk.near.tell("note", "a");
  await talk.near.ask("note", "b", 100);
  assertEquals(talk.notes, ["a", "b"]);
});

test("Dialogue rejects what waits when it is closed, and what is asked afterwards", async () => {
  const { near, clock } = new Talk();
  const rejection = assertRejects(() => near.ask("never", null, 100), Error, "ended");
  near.close();
  near.close();
  await rejection;
  await assertRejects(() => near.ask("double", 1, 100), Error, "ended");
  assertEquals(clock.pending, 0);
});
