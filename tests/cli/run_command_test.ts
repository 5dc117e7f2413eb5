import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { SocketError } from "../../src/runtime/runtime.ts";
import { CommandRun } from "./command_run.ts";

test("runCommand prints help with every flag and two examples", async () => {
  const run = new CommandRun();
  assertEquals(await run.start("--help"), 0);
  const text = run.process.printed.stdout;
  assertStringIncludes(text, "  -p, --port PORT ");
  assertStringIncludes(text, "(default: 11211)\n");
  assertStringIncludes(text, "-D, --foreground, --no-daemon ");
  assertStringIncludes(text, "magent ctl --control /run/magent.ctl stats\n");
  assertEquals(text.split("\n").filter((line) => line.length > 92), []);
});

test("runCommand prints its version and the runtime's", async () => {
  const run = new CommandRun();
  assertEquals(await run.start("--version"), 0);
  assertEquals(run.process.printed, { stdout: "magent 1.0.0 (deno 0.0.0)\n", stderr: "" });
});

for (
  const [args, line] of [
    [
      "-p http -s a",
      'Cannot parse flag "-p": port must be 0 to 65535: current value is "http"\n',
    ],
    ["-D", 'no server was named: give at least one with "-s HOST[:PORT]"\n'],
    [
      "-s a -u nobdy",
      `Cannot parse flag "-u": user must be in the system's list: current value is "nobdy"\n`,
    ],
    ["ctl stats", 'no control socket was named: give "--control PATH"\n'],
    ["ctl --control /c", 'no command was given, for example "stats"\n'],
    ["ctl -x", 'Cannot parse flag "-x": no such flag, see "magent --help"\n'],
    ["ctl --control /c a\nb", "a command must be one line\n"],
  ]
) {
  test(`runCommand answers ${JSON.stringify(args)} with one line and status 2`, async () => {
    const run = new CommandRun();
    assertEquals(await run.start(args), 2);
    assertEquals(run.process.printed, { stdout: "", stderr: line });
    assertEquals(run.process.deeds, []);
  });
}

test("runCommand starts a child, passes its arguments on and waits until it is ready", async () => {
  const run = new CommandRun();
  assertEquals(await run.start("-s a -p 12000 -u nobody"), 0);
  assertEquals(run.process.deeds, ['spawn {"MAGENT_DAEMON":"1"} -s a -p 12000 -u nobody']);
  assertEquals(run.process.printed, { stdout: "", stderr: "" });
  assertEquals(run.config, null);
});

test("runCommand prints warnings before the program leaves the terminal", async () => {
  const run = new CommandRun();
  run.process.limit = 1024;
  assertEquals(await run.start("-s a -n 51200"), 0);
  assertEquals(
    run.stderr(),
    'warning: "-n" is lowered from 51200 to 940: this process may open 1024 files\n',
  );
});

for (
  const [says, line] of [
    ["error: Cannot listen: in use", "Cannot listen: in use\n"],
    ["Segmentation fault", "Segmentation fault\n"],
    [null, "process 4712 ended with status 9 before it was listening\n"],
  ] as const
) {
  test(`runCommand fails when its child says ${JSON.stringify(says)}`, async () => {
    const run = new CommandRun();
    run.process.childSays = says;
    run.process.childStatus = 9;
    assertEquals(await run.start("-s a"), 1);
    assertEquals(run.stderr(), line);
  });
}

for (const flag of ["-D", "-v", "--no-daemon", "--foreground"]) {
  test(`runCommand stays in the foreground with ${flag}`, async () => {
    const run = new CommandRun();
    const { status } = await run.serve(`${flag} -s a -l 127.0.0.1`);
    assertEquals(run.process.deeds, []);
    assertStringIncludes(
      run.stderr(),
      "info magent 1.0.0 (deno 0.0.0), process 4711, listening on 127.0.0.1:11211\n",
    );
    run.drained.resolve();
    run.process.signal("SIGTERM");
    assertEquals(await status, 0);
    assertEquals(run.process.printed.stdout, "");
  });
}

test("runCommand stays in the foreground as process 1", async () => {
  const run = new CommandRun();
  run.process.pid = 1;
  const { status } = await run.serve("-s a");
  assertEquals(run.process.deeds, []);
  run.drained.resolve();
  run.process.signal("SIGINT");
  assertEquals(await status, 0);
});

test("runCommand serves as the child, and says ready on its one line", async () => {
  const run = new CommandRun();
  run.process.environment["MAGENT_DAEMON"] = "1";
  const { status } = await run.serve("-s a -n 7");
  assertEquals(run.process.printed, { stdout: "ready\n", stderr: "" });
  assertEquals(run.config?.limits.clients, 7);
  run.drained.resolve();
  run.process.signal("SIGTERM");
  assertEquals(await status, 0);
  assertEquals(run.process.printed, { stdout: "ready\n", stderr: "" });
});

test("runCommand tells its parent why the child does not listen", async () => {
  const run = new CommandRun();
  run.process.environment["MAGENT_DAEMON"] = "1";
  run.startFailure = new SocketError("in use", 'Cannot listen on "0.0.0.0:11211":\n in use');
  assertEquals(await run.start("-s a --log-file /l"), 1);
  assertEquals(run.process.printed.stdout, 'error: Cannot listen on "0.0.0.0:11211": in use\n');
  assertStringIncludes(run.process.readTextFile("/l"), " error Cannot listen on ");
});

test("runCommand as the child puts warnings into its log", async () => {
  const run = new CommandRun();
  run.process.environment["MAGENT_DAEMON"] = "1";
  await run.serve("-s a -b a --log-file /l");
  assertStringIncludes(
    run.process.readTextFile("/l"),
    ' warn server "a:11211" is named more than once\n',
  );
});

test("runCommand says that every network may connect", async () => {
  const run = new CommandRun();
  await run.serve("-D -s a");
  assertStringIncludes(run.stderr(), " info every network of this machine may connect");
});

test("runCommand asks a running proxy through its control socket", async () => {
  const run = new CommandRun();
  await run.serve("-D -s a --control /c");
  assertEquals(await run.start("ctl --control /c stats"), 0);
  assertEquals(run.process.printed.stdout, "STAT uptime 1\nEND\n");
});

test("runCommand passes the words of a control command on as one line", async () => {
  const run = new CommandRun();
  await run.serve("-D -s a --control /c");
  assertEquals(await run.start("ctl no such --control=/c command"), 1);
  assertEquals(run.process.printed.stdout, "ERROR unknown command\n");
});

test("runCommand says when no proxy listens on the control socket", async () => {
  const run = new CommandRun();
  assertEquals(await run.start("ctl --control /c stats"), 1);
  assertEquals(run.stderr(), 'Cannot ask "/c": nobody listens\n');
});
