import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { test } from "node:test";
import { CommandRun } from "./command_run.ts";
import { FakeExit } from "./fake_exit.ts";

test("ProxyProcess binds, hands files over and writes the pid, before it gives up root", async () => {
  const run = new CommandRun();
  const { status } = await run.serve(
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

test("ProxyProcess gives its Unix socket the mode of magent", async () => {
  const run = new CommandRun();
  await run.serve("-D -s a -f /s");
  assertEquals(run.process.files.get("/s")?.mode, 0o644);
});

test("ProxyProcess removes its sockets as soon as it drains", async () => {
  const run = new CommandRun();
  const { status } = await run.serve("-D -s a -f /s --control /c --pid-file /p");
  run.process.signal("SIGTERM");
  assertEquals([...run.process.files.keys()], ["/p"]);
  assertEquals([run.drains, run.closes], [1, 0]);
  run.drained.resolve();
  assertEquals(await status, 0);
  assertEquals([...run.process.files.keys()], []);
});

test("ProxyProcess leaves the sockets of a successor alone", async () => {
  const run = new CommandRun();
  const { status } = await run.serve("-D -s a -f /s --control /c");
  run.process.signal("SIGTERM");
  for (const path of ["/s", "/c"]) {
    await run.runtime.listen({ transport: "unix", path }, () => {});
  }
  run.drained.resolve();
  assertEquals(await status, 0);
  assertEquals([...run.process.files.keys()], ["/s", "/c"]);
});

test("ProxyProcess answers open control connections while it drains", async () => {
  const run = new CommandRun();
  const { status } = await run.serve("-D -s a --control /c");
  const address = { transport: "unix", path: "/c" } as const;
  const socket = await run.runtime.connect(address, new AbortController().signal);
  run.process.signal("SIGTERM");
  await socket.writable.getWriter().write(new TextEncoder().encode("stats\n"));
  const { value } = await socket.readable.getReader().read();
  assertEquals(new TextDecoder().decode(value), "STAT uptime 1\nEND\n");
  run.drained.resolve();
  assertEquals(await status, 0);
});

test("ProxyProcess exits at once at a second signal", async () => {
  const run = new CommandRun();
  await run.serve("-D -s a -f /s --pid-file /p");
  run.process.signal("SIGTERM");
  const exit = assertThrows(() => run.process.signal("SIGINT"), FakeExit);
  assertEquals(exit.status, 1);
  assertEquals([run.drains, run.closes], [1, 1]);
  assertEquals([...run.process.files.keys()], []);
});

test("ProxyProcess opens its log again at SIGHUP, and lives on", async () => {
  const run = new CommandRun();
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

test("ProxyProcess keeps its old log when SIGHUP cannot open the new one", async () => {
  const run = new CommandRun();
  await run.serve("-D -s a --log-file /l");
  run.process.closedPaths.add("/l");
  run.process.signal("SIGHUP");
  assertStringIncludes(
    run.process.readTextFile("/l"),
    "warn SIGHUP: log file not reopened, the old one stays: permission denied; ",
  );
});

test("ProxyProcess survives SIGHUP and SIGUSR2 without a log file", async () => {
  const run = new CommandRun();
  await run.serve("-D -s a");
  for (const signal of ["SIGHUP", "SIGUSR2"] as const) run.process.signal(signal);
  assertStringIncludes(run.stderr(), "info SIGHUP: no log file to reopen; ");
  assertStringIncludes(run.stderr(), "info SIGUSR2: ignored\n");
});

test("ProxyProcess logs debug lines with -v only", async () => {
  for (const [flag, expected] of [["-v", true], ["-D", false]] as const) {
    const run = new CommandRun();
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

test("ProxyProcess fails with one line when an address is taken, and leaves nothing", async () => {
  const run = new CommandRun();
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
  test(`ProxyProcess fails when ${path} cannot be written`, async () => {
    const run = new CommandRun();
    run.process.closedPaths.add(path);
    assertEquals(await run.start(`-D -s a -f /s ${args}`), 1);
    assertStringIncludes(run.stderr(), line);
    assertEquals([...run.process.files.keys()], []);
  });
}

test("ProxyProcess closes everything when root cannot be given up", async () => {
  const run = new CommandRun();
  run.process.becomeUser = () => {
    throw new Error("not permitted");
  };
  assertEquals(await run.start("-D -s a -u nobody -f /s --control /c --pid-file /p"), 1);
  assertStringIncludes(run.stderr(), 'Cannot become user "nobody": not permitted\n');
  assertEquals([...run.process.files.keys()], []);
  assertEquals([run.closes, run.runtime.listening.has("/c")], [1, false]);
});
