import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { Log } from "../../src/log/log.ts";
import { type Address, SocketError } from "../../src/runtime/runtime.ts";
import { CrewMember } from "../../src/workers/crew_member.ts";
import { Dialogue } from "../../src/workers/dialogue.ts";
import type { MainSubjects, Start, WorkerSubjects } from "../../src/workers/worker_subjects.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeThread } from "../support/fake_thread.ts";
import { settled } from "../support/settled.ts";

const ADDRESSES: readonly Address[] = [{ transport: "tcp", hostname: "127.0.0.1", port: 4711 }];
const LISTENING: Start = { kind: "listening", addresses: ADDRESSES };

class Stage {
  readonly clock = new FakeClock();
  readonly threads: FakeThread[] = [];
  readonly dialogues: Dialogue<MainSubjects, WorkerSubjects>[] = [];
  readonly events: string[] = [];
  logged = "";
  readonly member: CrewMember;

  constructor() {
    this.member = new CrewMember({
      number: 1,
      clock: this.clock,
      log: new Log((line) => this.logged += line),
      startThread: () => this.#startThread(),
      answers: {
        orders: () => Promise.reject(new Error("not asked here")),
        log: () => null,
        report: () => Promise.reject(new Error("not asked here")),
        control: () => "",
      },
      ended: () => this.events.push("ended"),
      replaced: () => this.events.push("replaced"),
    });
  }

  /** Lets the newest thread say something. */
  async tell(...[subject, body]: ["started", Start] | ["crashed", string]): Promise<void> {
    this.dialogues.at(-1)!.tell(subject, body);
    await settled();
  }

  /** Starts it, and the first thread listens. */
  async serve(): Promise<void> {
    const started = this.member.start();
    await this.tell("started", LISTENING);
    assertEquals(await started, ADDRESSES);
  }

  #startThread(): FakeThread {
    const thread = new FakeThread();
    this.threads.push(thread);
    this.dialogues.push(
      new Dialogue<MainSubjects, WorkerSubjects>(thread.inside, {
        clock: new FakeClock(),
        answers: {
          report: () => Promise.reject(new Error("not asked here")),
          control: (line) => `did ${line}`,
          drain: () => null,
        },
      }),
    );
    return thread;
  }
}

test("CrewMember starts a thread and asks it", async () => {
  const stage = new Stage();
  await stage.serve();
  assertEquals(await stage.member.ask("control", "x", 100), "did x");
  assertEquals(stage.threads.length, 1);
});

test("CrewMember rejects with the reason when its first thread cannot listen", async () => {
  const stage = new Stage();
  const started = assertRejects(() => stage.member.start(), SocketError, "taken");
  await stage.tell("started", { kind: "failed", reason: "in use", message: "taken" });
  await started;
  assertEquals(stage.threads[0].stopped, true);
  assertEquals(stage.clock.pending, 0);
});

test("CrewMember rejects when its first thread does not listen in time", async () => {
  const stage = new Stage();
  const started = assertRejects(() => stage.member.start(), Error, "does not listen after 30000");
  stage.clock.advance(30_000);
  await started;
});

for (const way of ["told by itself", "told by the runtime"]) {
  test(`CrewMember replaces a thread that crashed, ${way}`, async () => {
    const stage = new Stage();
    await stage.serve();
    if (way === "told by itself") await stage.tell("crashed", "boom");
    else stage.threads[0].fail("boom");
    await settled();

    assertEquals(stage.threads[0].stopped, true);
    assertEquals(stage.events, ["ended"]);
    assertStringIncludes(stage.logged, "error worker 1 crashed: boom;");
    await assertRejects(() => stage.member.ask("control", "x", 100), Error, "it is resting");

    stage.clock.advance(100);
    assertEquals(stage.threads.length, 2);
    await stage.tell("started", LISTENING);
    assertEquals(stage.events, ["ended", "replaced"]);
    assertEquals(await stage.member.ask("control", "x", 100), "did x");
    assertEquals(stage.member.crashes, 1);
  });
}

test("CrewMember hears of one crash twice and counts it once", async () => {
  const stage = new Stage();
  await stage.serve();
  stage.threads[0].fail("boom");
  await stage.tell("crashed", "boom");
  stage.clock.advance(100);
  await stage.tell("started", LISTENING);
  assertEquals([stage.member.crashes, stage.threads.length], [1, 2]);
});

test("CrewMember waits longer each time, up to a limit, and not after a sound life", async () => {
  const stage = new Stage();
  await stage.serve();
  const pauses: number[] = [];
  for (let crash = 0; crash < 9; crash++) {
    if (crash === 8) stage.clock.advance(60_000);
    await stage.tell("crashed", "boom");
    const fromMs = stage.clock.now();
    const before = stage.threads.length;
    while (stage.threads.length === before) stage.clock.advance(100);
    pauses.push(stage.clock.now() - fromMs);
    await stage.tell("started", LISTENING);
  }
  assertEquals(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 100]);
});

test("CrewMember tries again when a successor cannot listen", async () => {
  const stage = new Stage();
  await stage.serve();
  await stage.tell("crashed", "boom");
  stage.clock.advance(100);
  await stage.tell("started", { kind: "failed", reason: "in use", message: "taken" });
  assertStringIncludes(stage.logged, "crashed: taken;");
  stage.clock.advance(200);
  await stage.tell("started", LISTENING);
  assertEquals(await stage.member.ask("control", "x", 100), "did x");
});

test("CrewMember starts nothing once it was stopped", async () => {
  const stage = new Stage();
  await stage.serve();
  await stage.tell("crashed", "boom");
  stage.member.stop();
  stage.member.stop();
  stage.clock.advance(60_000);
  assertEquals([stage.threads.length, stage.clock.pending], [1, 0]);
});
