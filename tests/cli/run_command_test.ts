import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { test } from "node:test";
import type { StartProxy } from "../../src/cli/proxy_process.ts";
import { runCommand } from "../../src/cli/run_command.ts";
import type { Config } from "../../src/config/config.ts";
import { SocketError } from "../../src/runtime/runtime.ts";
import { FakeExit, FakeRuntime } from "./fake_runtime.ts";

/** One run of the program, with a proxy that only pretends. */
class Run {
  readonly runtime = new FakeRuntime();
  readonly process = this.runtime.process;
  readonly drained = Promise.withResolvers<void>();
  readonly started = Promise.withResolvers<void>();
  startFailure: Error | null = null;
  config: Config | null = null;
  drains = 0;
  closes = 0;

  start(args: string): Promise<number> {
    return runCommand(args.split(" "), {
      runtime: this.runtime,
      startProxy: this.#startProxy,
      version: "1.0.0",
    });
  }

  /** Starts and waits until signals are served. */
  async serve(args: string): Promise<Promise<number>[]> {
    const status = this.start(args);
    await Promise.race([this.started.promise, status]);
    // The start goes on for some turns after the proxy listens.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return [status];
  }

  readonly #startProxy: StartProxy = async (config) => {
    if (this.startFailure !== null) throw this.startFailure;
    this.config = config;
    if (config.unixSocket !== null) {
      await this.runtime.listen({ transport: "unix", path: config.unixSocket.path }, () => {});
    }
    this.started.resolve();
    return {
      addresses: config.listen === null ? [] : [{ transport: "tcp", ...config.listen }],
      drain: () => {
        this.drains++;
        return this.drained.promise;
      },
      close: () => void this.closes++,
      control: (line) => line === "stats" ? "STAT uptime 1\nEND\n" : "ERROR unknown command\n",
    };
  };

  stderr(): string {
    return this.process.printed.stderr;
  }
}

test("runCommand prints help with every flag and two examples", async () => {
  const run = new Run();
  assertEquals(await run.start("--help"), 0);
  const text = run.process.printed.stdout;
  assertStringIncludes(text, "  -p, --port PORT ");
  assertStringIncludes(text, "(default: 11211)\n");
  assertStringIncludes(text, "-D, --foreground, --no-daemon ");
  assertStringIncludes(text, "magent ctl --control /run/magent.ctl stats\n");
  assertEquals(text.split("\n").filter((line) => line.length > 92), []);
});

test("runCommand prints its version and the runtime's", async () => {
  const run = new Run();
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
    const run = new Run();
    assertEquals(await run.start(args), 2);
    assertEquals(run.process.printed, { stdout: "", stderr: line });
    assertEquals(run.process.deeds, []);
  });
}

test("runCommand starts a child, passes its arguments on and waits until it is ready", async () => {
  const run = new Run();
  assertEquals(await run.start("-s a -p 12000 -u nobody"), 0);
  assertEquals(run.process.deeds, ['spawn {"MAGENT_DAEMON":"1"} -s a -p 12000 -u nobody']);
  assertEquals(run.process.printed, { stdout: "", stderr: "" });
  assertEquals(run.config, null);
});

test("runCommand prints warnings before the program leaves the terminal", async () => {
  const run = new Run();
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
    const run = new Run();
    run.process.childSays = says;
    run.process.childStatus = 9;
    assertEquals(await run.start("-s a"), 1);
    assertEquals(run.stderr(), line);
  });
}

for (const flag of ["-D", "-v", "--no-daemon", "--foreground"]) {
  test(`runCommand stays in the foreground with ${flag}`, async () => {
    const run = new Run();
    const [status] = await run.serve(`${flag} -s a -l 127.0.0.1`);
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
  const run = new Run();
  run.process.pid = 1;
  const [status] = await run.serve("-s a");
  assertEquals(run.process.deeds, []);
  run.drained.resolve();
  run.process.signal("SIGINT");
  assertEquals(await status, 0);
});

test("runCommand serves as the child, and says ready on its one line", async () => {
  const run = new Run();
  run.process.environment["MAGENT_DAEMON"] = "1";
  const [status] = await run.serve("-s a -n 7");
  assertEquals(run.process.printed, { stdout: "ready\n", stderr: "" });
  assertEquals(run.config?.limits.clients, 7);
  run.drained.resolve();
  run.process.signal("SIGTERM");
  assertEquals(await status, 0);
  assertEquals(run.process.printed, { stdout: "ready\n", stderr: "" });
});

test("runCommand tells its parent why the child does not listen", async () => {
  const run = new Run();
  run.process.environment["MAGENT_DAEMON"] = "1";
  run.startFailure = new SocketError("in use", 'Cannot listen on "0.0.0.0:11211":\n in use');
  assertEquals(await run.start("-s a --log-file /l"), 1);
  assertEquals(run.process.printed.stdout, 'error: Cannot listen on "0.0.0.0:11211": in use\n');
  assertStringIncludes(run.process.readTextFile("/l"), " error Cannot listen on ");
});

test("runCommand as the child puts warnings into its log", async () => {
  const run = new Run();
  run.process.environment["MAGENT_DAEMON"] = "1";
  await run.serve("-s a -b a --log-file /l");
  assertStringIncludes(
    run.process.readTextFile("/l"),
    ' warn server "a:11211" is named more than once\n',
  );
});

test("runCommand says that every network may connect", async () => {
  const run = new Run();
  await run.serve("-D -s a");
  assertStringIncludes(run.stderr(), " info every network of this machine may connect");
});

test("runCommand binds, hands files over and writes the pid, before it gives up root", async () => {
  const run = new Run();
  const [status] = await run.serve(
    "-D -u nobody -s a -p 0 -f /s --control /c --pid-file /p --log-file /var/log/m/l --unix-mode 660",
  );
  const { files, deeds } = run.process;
  assertEquals(deeds, ["folder /var/log/m", "become nobody 65534:65533"]);
  assertEquals(
    [...files].map(([path, file]) => [path, file.owner, file.mode.toString(8)]),
    [
      ["/var/log/m", "65534:65533", "644"],
      ["/var/log/m/l", "65534:65533", "644"],
      ["/s", "65534:65533", "660"],
      ["/c", "65534:65533", "600"],
      ["/p", "65534:65533", "644"],
    ],
  );
  run.drained.resolve();
  run.process.signal("SIGTERM");
  assertEquals(await status, 0);
  assertEquals([...files.keys()], ["/var/log/m", "/var/log/m/l"]);
});

test("runCommand gives its Unix socket the mode of magent", async () => {
  const run = new Run();
  await run.serve("-D -s a -f /s");
  assertEquals(run.process.files.get("/s")?.mode, 0o644);
});

test("runCommand removes its sockets as soon as it drains", async () => {
  const run = new Run();
  const [status] = await run.serve("-D -s a -f /s --control /c --pid-file /p");
  run.process.signal("SIGTERM");
  assertEquals([...run.process.files.keys()], ["/p"]);
  assertEquals([run.drains, run.closes], [1, 0]);
  run.drained.resolve();
  assertEquals(await status, 0);
  assertEquals([...run.process.files.keys()], []);
});

test("runCommand exits at once at a second signal", async () => {
  const run = new Run();
  await run.serve("-D -s a -f /s --pid-file /p");
  run.process.signal("SIGTERM");
  const exit = assertThrows(() => run.process.signal("SIGINT"), FakeExit);
  assertEquals(exit.status, 1);
  assertEquals([run.drains, run.closes], [1, 1]);
  assertEquals([...run.process.files.keys()], []);
});

test("runCommand opens its log again at SIGHUP, and lives on", async () => {
  const run = new Run();
  await run.serve("-D -s a --log-file /l");
  run.process.files.set("/l.1", run.process.files.get("/l")!);
  run.process.files.delete("/l");
  run.process.signal("SIGHUP");
  assertStringIncludes(run.process.readTextFile("/l.1"), "listening on");
  assertStringIncludes(
    run.process.readTextFile("/l"),
    "info SIGHUP: log file reopened; the configuration was not read again, restart for that\n",
  );
});

test("runCommand keeps its old log when SIGHUP cannot open the new one", async () => {
  const run = new Run();
  await run.serve("-D -s a --log-file /l");
  run.process.closedPaths.add("/l");
  run.process.signal("SIGHUP");
  assertStringIncludes(
    run.process.readTextFile("/l"),
    "warn SIGHUP: log file not reopened, the old one stays: permission denied; ",
  );
});

test("runCommand survives SIGHUP, SIGUSR1 and SIGUSR2 without a log file", async () => {
  const run = new Run();
  await run.serve("-D -s a");
  for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) run.process.signal(signal);
  assertStringIncludes(run.stderr(), "info SIGHUP: no log file to reopen; ");
  assertStringIncludes(run.stderr(), "info SIGUSR1: ignored\n");
  assertStringIncludes(run.stderr(), "info SIGUSR2: ignored\n");
});

test("runCommand logs debug lines with -v only", async () => {
  for (const [flag, expected] of [["-v", true], ["-D", false]] as const) {
    const run = new Run();
    await run.serve(`${flag} -s a --control /c`);
    const socket = await run.runtime.connect(
      { transport: "unix", path: "/c" },
      new AbortController().signal,
    );
    await socket.writable.abort(new Error("gone"));
    await socket.closed;
    assertEquals(run.stderr().includes(" debug control connection broke"), expected);
  }
});

test("runCommand fails with one line when an address is taken, and leaves nothing", async () => {
  const run = new Run();
  run.process.put("/s", "precious");
  assertEquals(await run.start("-D -s a -f /s --log-file /l --pid-file /p"), 1);
  assertStringIncludes(
    run.stderr(),
    'Cannot listen on "unix:/s": a file that is no socket is there\n',
  );
  assertEquals(run.process.readTextFile("/s"), "precious");
  assertEquals([...run.process.files.keys()], ["/s", "/l"]);
});

for (
  const [path, args, line] of [
    ["/l", "--log-file /l", 'Cannot open log file "/l": permission denied'],
    ["/p", "--pid-file /p", 'Cannot write pid file "/p": permission denied'],
  ] as const
) {
  test(`runCommand fails when ${path} cannot be written`, async () => {
    const run = new Run();
    run.process.closedPaths.add(path);
    assertEquals(await run.start(`-D -s a -f /s ${args}`), 1);
    assertStringIncludes(run.stderr(), line);
    assertEquals([...run.process.files.keys()], []);
  });
}

test("runCommand closes everything when root cannot be given up", async () => {
  const run = new Run();
  run.process.becomeUser = () => {
    throw new Error("not permitted");
  };
  assertEquals(await run.start("-D -s a -u nobody -f /s --control /c --pid-file /p"), 1);
  assertStringIncludes(run.stderr(), 'Cannot become user "nobody": not permitted\n');
  assertEquals([...run.process.files.keys()], []);
  assertEquals([run.closes, run.runtime.listening.has("/c")], [1, false]);
});

test("runCommand asks a running proxy through its control socket", async () => {
  const run = new Run();
  await run.serve("-D -s a --control /c");
  assertEquals(await run.start("ctl --control /c stats"), 0);
  assertEquals(run.process.printed.stdout, "STAT uptime 1\nEND\n");
});

test("runCommand passes the words of a control command on as one line", async () => {
  const run = new Run();
  await run.serve("-D -s a --control /c");
  assertEquals(await run.start("ctl no such --control=/c command"), 1);
  assertEquals(run.process.printed.stdout, "ERROR unknown command\n");
});

test("runCommand says when no proxy listens on the control socket", async () => {
  const run = new Run();
  assertEquals(await run.start("ctl --control /c stats"), 1);
  assertEquals(run.stderr(), 'Cannot ask "/c": nobody listens\n');
});
