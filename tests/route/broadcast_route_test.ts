import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { BroadcastRoute } from "../../src/route/broadcast_route.ts";
import { FakeDestination } from "../support/fake_destination.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";

// From the best to the worst.
const SEVERITY = ["OK", "CLIENT_ERROR not allowed", "SERVER_ERROR out of memory", "failed"];

function answer(server: FakeDestination, line: string): void {
  if (line === "failed") server.fail();
  else server.answer(line);
}

test("BroadcastRoute asks every server, and answers once when all have answered", () => {
  const servers = ["a", "b", "c"].map((name) => new FakeDestination(name));
  const sink = new RecordingSink();
  new BroadcastRoute(servers).send(parsedRequest("verbosity 1\r\n"), sink);
  for (const server of servers) {
    assertEquals(server.received, ["verbosity 1\r\n"]);
    assertEquals(sink.answered, false);
    server.answer("OK");
  }
  assertEquals(sink.text, "OK\r\n");
});

test("BroadcastRoute answers with the worst, whoever gives it and in whatever order", () => {
  for (const [worse, bad] of SEVERITY.entries()) {
    for (const good of SEVERITY.slice(0, worse + 1)) {
      for (const lines of [[good, bad], [bad, good]]) {
        const servers = [new FakeDestination("a"), new FakeDestination("b")];
        const sink = new RecordingSink();
        new BroadcastRoute(servers).send(parsedRequest("flush_all\r\n"), sink);
        for (const [index, line] of lines.entries()) answer(servers[index], line);
        const expected = bad === "failed" ? "connection lost in doubt" : `${bad}\r\n`;
        assertEquals(sink.failure ?? sink.text, expected, lines.join(", "));
      }
    }
  }
});

test("BroadcastRoute answers in the same turn when every server does", () => {
  const servers = [new FakeDestination("a"), new FakeDestination("b")];
  for (const server of servers) server.usable = false;
  const sink = new RecordingSink();
  new BroadcastRoute(servers).send(parsedRequest("flush_all\r\n"), sink);
  assertEquals(sink.failure, "ejected");
});
