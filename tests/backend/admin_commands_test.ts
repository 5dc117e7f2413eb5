import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { AdminCommands } from "../../src/backend/admin_commands.ts";
import type { Answer } from "../../src/backend/inquiry.ts";
import type { ServerInquiry } from "../../src/backend/server_inquiry.ts";
import { COMMANDS } from "../../src/message/command.ts";

const ADDRESS = { transport: "tcp", hostname: "192.0.2.1", port: 1 } as const;
const NEVER = "CLIENT_ERROR command not available through the proxy: ask the server itself\r\n";
const NOT_ALLOWED = NEVER.replace("\r\n", ", or start the proxy with --admin-commands\r\n");

/** Sends a line when the servers would answer so; gives what they were asked, and the answer. */
function send(line: string, allowed: boolean, ...answers: Answer[]): [string[], string] {
  const asked: string[] = [];
  const inquiry: Pick<ServerInquiry, "askAll"> = {
    askAll: (_servers, question, done) => {
      asked.push(question);
      done(answers);
    },
  };
  const servers = answers.map((_, index) => ({
    name: `server:${index + 1}`,
    address: ADDRESS,
    usable: true,
  }));
  let answer = "";
  new AdminCommands(allowed, { servers, inquiry }).send(line, (text) => answer = text);
  return [asked, answer];
}

function said(text: string): Answer {
  return { text: `${text}\r\n`, failure: null };
}

const FORWARDED = [
  "cache_memlimit 64",
  "lru tune 10 20 0.1 2.0",
  "lru mode flat",
  "lru temp_ttl 61",
  "lru_crawler enable",
  "lru_crawler disable",
  "lru_crawler sleep 100",
  "lru_crawler tocrawl 10",
  "lru_crawler crawl all",
  "slabs automove 1",
  "slabs reassign 1 2",
  "slabs",
];
const NEVER_FORWARDED = [
  "watch fetchers",
  "shutdown",
  "extstore free_memchunks 1 2",
  "refresh_certs",
  "lru_crawler metadump all",
  "lru_crawler mgdump all",
  "lru nonsense",
  "constructor",
];

for (const line of FORWARDED) {
  test(`AdminCommands gives "${line}" to the servers only when told to`, () => {
    assertEquals(send(line, false, said("OK")), [[], NOT_ALLOWED]);
    assertEquals(send(line, true, said("OK")), [[line], "OK\r\n"]);
  });
}

for (const line of NEVER_FORWARDED) {
  test(`AdminCommands never gives "${line}" to a server`, () => {
    assertEquals(send(line, false, said("OK")), [[], NEVER]);
    assertEquals(send(line, true, said("OK")), [[], NEVER]);
  });
}

test("AdminCommands has a line for every administrative command of the table", () => {
  for (const { name, shape } of COMMANDS) {
    const [, answer] = send(name, true, said("OK"));
    assertEquals(answer === NEVER || answer === "OK\r\n", true);
    if (shape !== "admin") assertEquals(answer, NEVER, name);
  }
});

test("AdminCommands answers the worst that was said, of equals the first", () => {
  const spare = said("NOSPARE source class has no spare pages");
  const full = said("SERVER_ERROR out of memory");
  const away: Answer = { text: null, failure: "ejected" };
  const late: Answer = { text: null, failure: "request timeout" };
  const line = "slabs reassign 1 2";
  assertEquals(send(line, true, said("OK"), said("OK"))[1], "OK\r\n");
  assertEquals(send(line, true, said("OK"), spare, said("ERROR"))[1], `${spare.text}`);
  assertEquals(send(line, true, spare, full)[1], `${full.text}`);
  assertEquals(
    send(line, true, full, away, late)[1],
    "SERVER_ERROR CAN NOT CONNECT TO BACKEND SERVER server:2: ejected\r\n",
  );
  assertEquals(
    send(line, true, late, said("OK"))[1],
    "SERVER_ERROR BACKEND SERVER server:1: request timeout\r\n",
  );
});
