import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { EarlyRequests, isOutdated } from "../../src/backend/early_requests.ts";
import type { Rescue } from "../../src/route/route.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";

const RESCUE: Rescue = { rescue: () => {} };

function early(line: string, rescue: Rescue | null) {
  return {
    request: parsedRequest(line),
    sink: new RecordingSink(),
    rescue,
    startedMs: 0,
    lives: 1,
  };
}

test("EarlyRequests hands out what waits, once and in order", () => {
  const requests = new EarlyRequests();
  const all = ["get a\r\n", "delete a\r\n"].map((line) => early(line, null));
  for (const one of all) requests.add(one);
  assertEquals(requests.size, 2);
  assertEquals(requests.takeAll(), all);
  assertEquals([requests.size, requests.takeAll()], [0, []]);
});

test("EarlyRequests are outdated when the server is not what it was", () => {
  const rows = [
    // line, with a rescue, the server is trusted, its lives, outdated
    ["get a\r\n", true, true, 1, false],
    ["get a\r\n", true, true, 2, false],
    ["get a\r\n", true, false, 1, true],
    ["get a\r\n", false, false, 1, false],
    ["delete a\r\n", true, true, 1, false],
    ["delete a\r\n", true, false, 1, false],
    ["delete a\r\n", true, true, 2, true],
    ["delete a\r\n", false, false, 2, true],
  ] as const;
  for (const [line, rescued, trusted, lives, outdated] of rows) {
    const one = early(line, rescued ? RESCUE : null);
    assertEquals(isOutdated(one, { trusted, lives }), outdated, `${line} ${trusted} ${lives}`);
  }
});
