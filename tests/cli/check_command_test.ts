import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { CHECK_SUBCOMMAND } from "../../src/cli/check_command.ts";
import { FLAG_TABLE } from "../../src/cli/flag_table.ts";
import type { Socket } from "../../src/runtime/runtime.ts";
import { CommandRun } from "./command_run.ts";

/** Answers the first thing it is asked with this. */
function answers(text: string): (socket: Socket) => void {
  return (socket) => void answer(socket, text);
}

async function answer(socket: Socket, text: string): Promise<void> {
  await socket.readable.getReader().read();
  const writer = socket.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
}

/** A run in which `unix:/a` is a memcached, `unix:/b` something else, and `unix:/c` nobody. */
async function checkRun(args: string): Promise<{ run: CommandRun; status: number }> {
  const run = new CommandRun();
  run.runtime.listening.set("/a", answers("VERSION 1.6.18\r\n"));
  run.runtime.listening.set("/b", answers("220 mail\r\nERROR\r\n"));
  return { run, status: await run.start(args) };
}

test("magent check finds a server that answers, and says what would run", async () => {
  const { run, status } = await checkRun("check -s unix:/a -l 127.0.0.1 -u nobody --line-bytes 4k");
  const text = run.process.printed.stdout;
  assertEquals([status, run.process.printed.stderr], [0, ""]);
  assertStringIncludes(text, "would listen on 127.0.0.1:11211\n");
  assertStringIncludes(text, "main_1  unix:/a  answers in 0.0 ms, version 1.6.18\n");
  assertEquals(/^\* line-bytes +4k +longest command line/m.test(text), true, text);
  assertEquals(/^\* user +nobody /m.test(text), true, text);
  assertEquals(/^ {2}get-line-bytes +1m /m.test(text), true, text);
  assertStringIncludes(text, "\nIt would run in the background; every server answers.\n");
  assertEquals(run.config, null, "nothing was started");
});

test("magent check reports servers that do not answer with status 1", async () => {
  const { run, status } = await checkRun("check -s unix:/a -s unix:/c -b unix:/b -D");
  const text = run.process.printed.stdout;
  assertEquals(status, 1);
  assertStringIncludes(text, "main_2    unix:/c  does not answer: nobody listens\n");
  assertStringIncludes(text, 'unix:/b  is no memcached: "version" answered "220 mail');
  assertStringIncludes(text, "It would run in the foreground; 2 of 3 servers do not answer.\n");
});

test("magent check has nothing to ask of servers inside the process", async () => {
  const { run, status } = await checkRun("check -s embedded:32m");
  assertEquals(status, 0);
  assertStringIncludes(
    run.process.printed.stdout,
    "embedded-1  begins with the proxy, inside it: 32m",
  );
});

test("magent check refuses what could not run, with status 2", async () => {
  for (
    const [args, line] of [
      ["check", 'no server was named: give at least one with "-s HOST[:PORT]"\n'],
      ["check -s a -u nobdy", 'user must be in the system\'s list: current value is "nobdy"\n'],
      ["check a -s a", 'Cannot use argument "a": every argument belongs to a flag'],
    ]
  ) {
    const { run, status } = await checkRun(args);
    assertEquals([status, run.process.printed.stdout], [2, ""]);
    assertStringIncludes(run.process.printed.stderr, line);
  }
});

for (
  const [args, warning] of [
    ["-s unix:/a", "listening on all interfaces, port 11211, without passwords"],
    ["-s unix:/a", "it would keep the rights of root"],
    ["-s unix:/a", 'no backup was named with "-b"'],
    ["-s unix:/a -b unix:/a", 'server "unix:/a" is named more than once'],
    ["-s unix:/a -f /a", 'server "unix:/a" is the address this proxy listens on'],
    ["-s unix:/a --distribution ketama-0.6", '"ketama-0.6" places nearly all keys on one server'],
  ] as const
) {
  test(`magent check warns: ${args}: ${warning}`, async () => {
    const { run, status } = await checkRun(`check ${args}`);
    assertEquals(status, 0);

    assertStringIncludes(run.process.printed.stdout, `\nwarning: ${warning}`);
  });
}

test("magent check does not warn of what is well", async () => {
  const { run, status } = await checkRun("check -s unix:/a -b unix:/a2 -l 127.0.0.1 -u nobody");
  assertEquals(status, 1);
  assertEquals(run.process.printed.stdout.includes("warning"), false);
});

test("magent check shows every flag that chooses something", async () => {
  const { run } = await checkRun("check -s unix:/a");
  for (const flag of FLAG_TABLE.flatMap(({ flags }) => flags)) {
    if (flag.set === undefined || flag.repeats) continue;
    const line = new RegExp(`^[ *] ${flag.names[0]} `, "m");
    assertEquals(line.test(run.process.printed.stdout), true, flag.names[0]);
  }
});

test("magent help check documents its statuses", async () => {
  const run = new CommandRun();
  assertEquals(await run.start("help check"), 0);
  assertEquals(CHECK_SUBCOMMAND.statuses?.length, 3);
  for (const status of CHECK_SUBCOMMAND.statuses ?? []) {
    assertStringIncludes(run.process.printed.stdout, `  ${status}\n`);
  }
});
