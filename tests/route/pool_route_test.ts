import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { failedReply } from "../../src/message/reply.ts";
import { MissedNote } from "../../src/route/missed_changes.ts";
import { Pool } from "../../src/route/pool.ts";
import { PoolRoute } from "../../src/route/pool_route.ts";
import type { Route } from "../../src/route/route.ts";
import { ScopeRoute } from "../../src/route/scope_route.ts";
import { FakeDestination } from "../support/fake_destination.ts";
import { toText } from "../support/latin1.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";

/** Keys that begin with `a` belong to the first server, the rest to the second. */
function twoServers() {
  const servers = [new FakeDestination("first"), new FakeDestination("second")];
  const owner = (bytes: Uint8Array, start: number, end: number) =>
    toText(bytes, start, end).startsWith("a") ? 0 : 1;
  return { servers, pool: new Pool(servers, { owner }) };
}

test("PoolRoute sends each request to the owner of its key, and failures to the sink", () => {
  const { servers, pool } = twoServers();
  const route = new PoolRoute(pool);
  const sinks = ["get apple\r\n", "set pear 0 0 1\r\nv\r\n", "delete a\r\n"].map((line) => {
    const sink = new RecordingSink();
    route.send(parsedRequest(line), sink);
    return sink;
  });
  assertEquals(servers[0].received, ["get apple\r\n", "delete a\r\n"]);
  assertEquals(servers[1].received, ["set pear 0 0 1\r\nv\r\n"]);
  servers[0].fail("refused", false);
  assertEquals(sinks[0].failure, "refused");
});

test("MissedNote notes the owner of the key before it answers with the failure", () => {
  const { pool } = twoServers();
  const log: string[] = [];
  const note = new MissedNote(pool, {
    missed: ({ name }, request) => log.push(`${name} missed ${request.keyText()}`),
  });
  const sink = new RecordingSink("client", log);
  const failure = failedReply("connection lost", "first", true);
  note.rescue(parsedRequest("set apple 0 0 1\r\nv\r\n"), sink, failure, 0);
  assertEquals(log, ["first missed apple", "client Failed"]);
});

test("ScopeRoute parts reads, changes and commands for all servers", () => {
  const log: string[] = [];
  const noting = (name: string): Route => ({
    send: (request) => void log.push(`${request.command.name} ${name}`),
  });
  const route = new ScopeRoute({
    reads: noting("reads"),
    changes: noting("changes"),
    changesAll: noting("changesAll"),
    all: noting("all"),
  });
  const lines = ["get k", "gets k", "gat 0 k", "delete k", "incr k 1", "flush_all", "verbosity 1"];
  for (const line of lines) route.send(parsedRequest(`${line}\r\n`), new RecordingSink());
  assertEquals(log, [
    "get reads",
    "gets reads",
    "gat changes",
    "delete changes",
    "incr changes",
    "flush_all changesAll",
    "verbosity all",
  ]);
});
