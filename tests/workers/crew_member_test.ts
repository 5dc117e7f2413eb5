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

const HANG_MS = 10_000;
const BEAT_MS = HANG_MS / 10;

class Stage {
  readonly clock = new FakeClock();
  readonly threads: FakeThread[] = [];
  readonly dialogues: Dialogue<MainSubjects, WorkerSubjects>[] = [];
  readonly events: string[] = [];
  logged = "";
  /** The newest thread stands still. */
  hung = false;
  #asked = Promise.withResolvers<null>();
  readonly member: CrewMember;

  constructor() {
    this.member = new CrewMember({
      number: 1,
      clock: this.clock,
      log: new Log((line) => this.logged += line),
      hangMs: HANG_MS,
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

  /** Time passes, a beat at a time. */
  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += BEAT_MS) {
      this.clock.advance(BEAT_MS);
      await settled();
    }
  }

  /** The thread that stood still answers what it was asked. */
  async turn(): Promise<void> {
    this.hung = false;
    this.#asked.resolve(null);
    this.#asked = Promise.withResolvers();
    await settled();
  }

  #startThread(): FakeThread {
    const thread = new FakeThread();
    this.threads.push(thread);
    this.dialogues.push(
      new Dialogue<MainSubjects, WorkerSubjects>(thread.inside, {
        clock: new FakeClock(),
        answers: {
          pulse: () => this.hung ? this.#asked.promise : null,
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

test("CrewMember replaces a thread that is silent for long", async () => {
  const stage = new Stage();
  await stage.serve();
  await stage.pass(2 * HANG_MS);
  assertEquals(stage.logged, "");
  stage.hung = true;
  await stage.pass(HANG_MS - BEAT_MS);
  assertEquals([stage.logged, stage.events], ["", []]);
  await stage.pass(2 * BEAT_MS);
  assertEquals([stage.threads[0].stopped, stage.events], [true, ["ended"]]);
  assertStringIncludes(
    stage.logged,
    "error worker 1 hung: its event loop stood still for 10000 ms; a new one starts in 100 ms; " +
      "its clients were disconnected; if this comes again, and CPU and memory were to spare, report",
  );
  stage.hung = false;
  await stage.pass(BEAT_MS);
  await stage.tell("started", LISTENING);
  await stage.pass(2 * HANG_MS);
  assertEquals([stage.member.hangs, stage.member.crashes, stage.threads.length], [1, 0, 2]);
  assertEquals(await stage.member.ask("control", "x", 100), "did x");
});

test("CrewMember says that a runtime cannot end a thread that stands still", async () => {
  const stage = new Stage();
  await stage.serve();
  stage.threads[0].stopsAnytime = false;
  stage.hung = true;
  await stage.pass(HANG_MS + BEAT_MS);
  assertStringIncludes(
    stage.logged,
    "cannot end it before it goes on: until then, or until magent",
  );
  assertEquals(stage.events, ["ended"]);
});

test("CrewMember keeps a thread that is slow, and one after everybody stood still", async () => {
  const stage = new Stage();
  await stage.serve();
  for (let round = 0; round < 5; round++) {
    stage.hung = true;
    await stage.pass(HANG_MS - BEAT_MS);
    await stage.turn();
    await stage.pass(BEAT_MS);
  }
  stage.clock.moveTo(stage.clock.now() + 10 * HANG_MS);
  await stage.pass(2 * HANG_MS);
  assertEquals([stage.logged, stage.threads.length, stage.member.hangs], ["", 1, 0]);
});

test("CrewMember waits longer each time, up to a limit, and not after a sound life", async () => {
  const stage = new Stage();
  await stage.serve();
  const pauses: number[] = [];
  for (let crash = 0; crash < 9; crash++) {
    if (crash === 8) await stage.pass(60_000);
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
