import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Reply } from "../../src/message/reply.ts";
import { lookBeforeTouch } from "../../src/recovery/touch_look.ts";
import { FakeDestination, hitOf, replyOf, withCas } from "../support/fake_destination.ts";
import { toBytes } from "../support/latin1.ts";
import { settled } from "../support/settled.ts";

const LOOK = "mg k v f t c\r\n";
const TAKE_AWAY = "md k C7\r\n";

function placeholder(): Reply {
  return Object.assign(withCas(hitOf(""), " c7"), { taken: true });
}

/** A look that answers are given to, in their order; null: none comes. */
async function looked(clears: boolean, answers: readonly (Reply | null)[]) {
  const server = new FakeDestination("server");
  let cleared = 0;
  const look = { server, key: toBytes("k"), clears, cleared: () => void cleared++ };
  const found = lookBeforeTouch(look);
  for (const answer of answers) {
    if (answer === null) server.fail("request timeout");
    else server.answerWith(answer);
    await settled();
  }
  assertEquals(server.waiting.length, 0);
  return { found: await found, received: server.received, cleared };
}

test("lookBeforeTouch tells a value from a miss, and an empty value from a placeholder", async () => {
  for (const clears of [false, true]) {
    for (
      const [answer, found] of [
        [hitOf("v"), "value"],
        [hitOf(""), "value"],
        [replyOf("EN"), "nothing"],
        [null, "unknown"],
      ] as const
    ) {
      assertEquals(await looked(clears, [answer]), { found, received: [LOOK], cleared: 0 });
    }
  }
});

test("lookBeforeTouch takes a placeholder away where the copy was touched, and only there", async () => {
  assertEquals(await looked(false, [placeholder()]), {
    found: "nothing",
    received: [LOOK],
    cleared: 0,
  });
  assertEquals(await looked(true, [placeholder(), replyOf("HD")]), {
    found: "nothing",
    received: [LOOK, TAKE_AWAY],
    cleared: 1,
  });
});

test("lookBeforeTouch looks again at a placeholder that was filled meanwhile", async () => {
  assertEquals(await looked(true, [placeholder(), replyOf("EXISTS"), hitOf("v")]), {
    found: "value",
    received: [LOOK, TAKE_AWAY, LOOK],
    cleared: 0,
  });
  assertEquals(await looked(true, [placeholder(), replyOf("NOT_FOUND")]), {
    found: "nothing",
    received: [LOOK, TAKE_AWAY],
    cleared: 0,
  });
});

test("lookBeforeTouch gives up a key that changes each time, and a server that does not answer", async () => {
  const changing = [placeholder(), replyOf("EXISTS")];
  assertEquals(await looked(true, [...changing, ...changing, ...changing]), {
    found: "unknown",
    received: [LOOK, TAKE_AWAY, LOOK, TAKE_AWAY, LOOK, TAKE_AWAY],
    cleared: 0,
  });
  assertEquals(await looked(true, [placeholder(), null]), {
    found: "unknown",
    received: [LOOK, TAKE_AWAY],
    cleared: 0,
  });
});
