import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { joinAnswers, type WorkerAnswer } from "../../src/workers/join_answers.ts";

function answered(...texts: readonly (string | null)[]): WorkerAnswer[] {
  return texts.map((text, index) => ({
    number: index + 1,
    text,
    failure: text === null ? "no answer within 1000 ms" : null,
  }));
}

function stats(...lines: readonly string[]): string {
  return [...lines.map((line) => `STAT ${line}`), "END", ""].join("\r\n");
}

test("joinAnswers adds up counts of stats, and tells every view of a state", () => {
  const one = stats("main_1_state up", "main_1_journal_missed 3", "main_1_since 2026-01-02T00");
  const two = stats(
    "main_1_state ejected",
    "main_1_journal_missed 4",
    "main_1_since 2026-01-03T00",
  );
  assertEquals(
    joinAnswers("stats recovery", answered(one, two)),
    stats("main_1_state up,ejected", "main_1_journal_missed 7", "main_1_since 2026-01-03T00"),
  );
});

test("joinAnswers names the worker whose counts are missing", () => {
  assertEquals(
    joinAnswers("stats recovery", answered(null, stats("main_1_journal_missed 4"))),
    stats("main_1_journal_missed 4", "worker_1_unanswered no_answer_within_1000_ms"),
  );
});

test("joinAnswers says once what all workers say", () => {
  assertEquals(joinAnswers("server down a", answered("OK down\n", "OK down\n")), "OK down\n");
  assertEquals(joinAnswers("stats reset", answered("RESET\r\n", "RESET\r\n")), "RESET\r\n");
});

test("joinAnswers counts an action as done when one worker has done it", () => {
  const not = "ERROR no restore of a is running\n";
  assertEquals(joinAnswers("recover stop a", answered(not, "OK ends\n")), "OK ends\n");
  assertEquals(joinAnswers("recover stop a", answered(not, not)), not);
});

test("joinAnswers names the worker that did not act", () => {
  assertEquals(
    joinAnswers("server down a", answered("OK down\n", null)),
    "OK down\nERROR worker 2 did not answer: no answer within 1000 ms\n",
  );
});

test("joinAnswers tells one line for a server whose state all workers see alike", () => {
  const one = "main_1 a:1 up since 2026-01-02\nmain_2 b:1 up since 2026-01-02\n";
  const two = "main_1 a:1 up since 2026-01-03\nmain_2 b:1 ejected (refused) since 2026-01-03\n";
  assertEquals(
    joinAnswers("recover status", answered(one, two)),
    "main_1 a:1 up since 2026-01-02\n" +
      "main_2 b:1 up since 2026-01-02 (worker 1)\n" +
      "main_2 b:1 ejected (refused) since 2026-01-03 (worker 2)\n",
  );
});
