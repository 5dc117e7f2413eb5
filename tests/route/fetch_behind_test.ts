import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { GET } from "../../src/message/command.ts";
import type { Reply } from "../../src/message/reply.ts";
import { Request } from "../../src/message/request.ts";
import { fetchBehind } from "../../src/route/fetch_behind.ts";
import { FakeDestination, hitOf, replyOf, valueOf } from "../support/fake_destination.ts";
import { toBytes } from "../support/latin1.ts";

const FETCHED = "mg k v f t c\r\n";

/** What is told of the key where the server answers so, and what the server was sent. */
function fetched(answer: Reply): [told: string | null, received: readonly string[]] {
  const server = new FakeDestination("server");
  let told: string | null = "nothing was told";
  fetchBehind(new Request().make(GET, toBytes("k"), 0, 1), server, (found) => {
    told = found === null ? null : valueOf(found);
  });
  server.answerWith(answer);
  return [told, server.received];
}

test("fetchBehind tells the value, or that there is none", () => {
  assertEquals(fetched(hitOf("value")), ["value", [FETCHED]]);
  for (const line of ["EN", "SERVER_ERROR busy"]) {
    assertEquals(fetched(replyOf(line)), [null, [FETCHED]]);
  }
});

test("fetchBehind leaves the right to renew a stale value to the clients, and the value alone", () => {
  const stale = Object.assign(hitOf("stale"), { stale: true, won: true });
  assertEquals(fetched(stale), [null, [FETCHED, "md k I\r\n"]]);
});
