/** What a server is sent when a key is asked for more than once at a time. */

import { assertEquals, assertGreater } from "@std/assert";
import { test } from "node:test";
import { Farm } from "../support/farm.ts";

const TIME_MS = 60_000;
/** Rounds in which two clients may meet in one turn. */
const ROUNDS_MAX = 2000;
const HOT = "VALUE hot 0 3\r\nyes\r\n";

/** How often the server was asked for the hot key. */
function askedFor(farm: Farm): number {
  const lines = farm.mainsReceived.split("\r\n").filter((line) => line.startsWith("get "));
  return lines.flatMap((line) => line.split(" ")).filter((word) => word === "hot").length;
}

test("a server is asked once for a key that a client asks for several times at once", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 0, tap: true });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("hot", "yes"), "STORED");
  client.send(
    "get hot cold hot\r\nget hot\r\ngets cold\r\nset cold 0 0 1\r\n1\r\nget cold hot\r\n",
  );
  const cold = "VALUE cold 0 1\r\n1\r\n";
  const answer = `${HOT}${HOT}END\r\n${HOT}END\r\nEND\r\nSTORED\r\n${cold}${HOT}END\r\n`;
  await client.readExactly(answer);
  // The second time behind a change, which a read must not overtake.
  assertEquals(askedFor(farm), 2);
});

test("a server is asked once for a key that two clients ask for in one turn", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 0, tap: true });
  await using one = await farm.proxy.client();
  await using other = await farm.proxy.client();
  assertEquals(await one.set("hot", "yes"), "STORED");
  let asked = 0;
  // Whether two clients are read in one turn is for the kernel and the runtime to say.
  while (asked < 2 * ROUNDS_MAX && askedFor(farm) === asked) {
    const answers = [one, other].map((client) => client.ask("get hot\r\n", "END\r\n"));
    assertEquals(await Promise.all(answers), [`${HOT}END\r\n`, `${HOT}END\r\n`]);
    asked += 2;
  }
  assertGreater(asked, askedFor(farm), `the clients never met in ${asked} requests`);
});
