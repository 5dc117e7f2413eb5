/** What the model checker takes for a broken promise, and what not. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { ReplyStatus } from "../../src/message/reply.ts";
import type { Operation } from "./operation.ts";
import { violations } from "./promises.ts";

const KEY = "n1";
const PROMISED = { settleMs: 0, kept: false, lossless: false, unixMsAt: (ms: number) => ms };

/** The second operation of its proxy begins when the first has ended, and so on. */
function operation(id: number, one: Partial<Operation>): Operation {
  const [start, end] = [10 * id, 10 * id + 5];
  return {
    id,
    proxy: 0,
    life: 0,
    kind: "get",
    key: KEY,
    exptime: 0,
    cas: "",
    compared: null,
    start,
    startMs: start,
    end,
    endMs: end,
    status: ReplyStatus.Failed,
    value: "",
    flags: 0,
    text: "",
    held: false,
    shaken: false,
    undisturbed: false,
    ...one,
  };
}

test("an increment that failed may come behind a later set that failed, not an acknowledged one", () => {
  for (const [status, broken] of [[ReplyStatus.Failed, 0], [ReplyStatus.Stored, 1]] as const) {
    const history = [
      operation(1, { kind: "incr" }),
      operation(2, { kind: "set", status }),
      operation(3, { status: ReplyStatus.Hit, value: "20001", flags: 2 }),
    ];
    assertEquals(violations(history, PROMISED).length, broken);
  }
});

test("an increment of a killed proxy may come behind a set of its successor", () => {
  for (const life of [0, 1]) {
    const history = [
      operation(1, { kind: "incr" }),
      operation(2, { kind: "set", status: ReplyStatus.Stored, life }),
      operation(3, { status: ReplyStatus.Hit, value: "20001", flags: 2, life }),
    ];
    assertEquals(violations(history, PROMISED).length, 1 - life);
  }
});

test("a flush_all of a killed proxy may come behind a set of its successor", () => {
  const kept = { ...PROMISED, kept: true };
  for (const life of [0, 1]) {
    const history = [
      operation(1, { kind: "flush_all", key: "" }),
      operation(2, { kind: "set", status: ReplyStatus.Stored, life }),
      operation(3, { status: ReplyStatus.Miss, held: true, life }),
    ];
    assertEquals(violations(history, kept).length, 1 - life);
  }
});
