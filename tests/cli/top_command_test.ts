import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { ControlServer } from "../../src/cli/control_server.ts";
import { Log } from "../../src/log/log.ts";
import { poll } from "../support/deadline.ts";
import { CommandRun } from "./command_run.ts";

const STATS = "STAT memcached agent v1.0.0\r\nSTAT version 1.0.0\r\nSTAT main_1_name a:1\r\n" +
  "STAT main_1_state up\r\nEND\r\n";

/** A proxy that answers on the control socket /c. */
async function watched(answer = STATS): Promise<{ run: CommandRun; server: ControlServer }> {
  const run = new CommandRun();
  const server = new ControlServer({
    path: "/c",
    answer: (line) => line === "stats" ? answer : "ERROR unknown command\n",
    log: new Log(() => {}),
  });
  await server.listen(run.runtime);
  return { run, server };
}

test("magent top prints one frame where there is no terminal", async () => {
  const { run, server } = await watched();
  assertEquals(await run.start("top --control /c --interval 10"), 0);
  const { stdout } = run.process.printed;
  assertEquals(stdout.match(/^magent 1\.0\.0 at unix:\/c, /gm)?.length, 1);
  assertStringIncludes(stdout, "main_1  a:1      up ");
  assertEquals(stdout.includes("\x1b"), false);
  server.close();
});

test("magent top --once prints one frame in a terminal too", async () => {
  const { run, server } = await watched();
  run.process.columns = 80;
  assertEquals(await run.start("top --once --control /c --interval 10"), 0);
  assertEquals(run.process.printed.stdout.includes("\x1b"), false);
  server.close();
});

for (const [name, key] of [["q", "q"], ["Ctrl-C", "\x03"]]) {
  test(`magent top draws over its last frame until ${name}, and gives the keys back`, async () => {
    const { run, server } = await watched();
    run.process.columns = 60;
    run.process.rows = 5;
    const status = run.start("top --control /c --interval 10");
    await poll(() => frames(run) >= 3 ? true : null, 10_000, "third frame");
    run.process.press?.("x");
    run.process.press?.(key);
    assertEquals(await status, 0);
    assertEquals(run.process.press, null);
    const [first, second] = run.process.printed.stdout.split("\x1b[F\x1b[F\x1b[F\x1b[F\x1b[J");
    for (const frame of [first, second]) {
      const lines = frame.split("\n");
      assertEquals(lines.length, 5, "four lines of five rows, and the rest after the last");
      assertEquals(lines.filter((line) => line.length > 60), []);
    }
    server.close();
  });
}

function frames(run: CommandRun): number {
  return run.process.printed.stdout.split("\x1b[J").length;
}

test("magent top waits for a proxy that went away, and goes on when it is back", async () => {
  const { run, server } = await watched();
  run.process.columns = 200;
  const status = run.start("top --control /c --interval 10");
  await poll(() => frames(run) >= 2 ? true : null, 10_000, "second frame");
  server.close();
  const text = () => run.process.printed.stdout;
  await poll(() => text().includes("; trying again\n") || null, 10_000, "complaint");
  const told = text().length;
  const again = new ControlServer({
    path: "/c",
    answer: () => STATS,
    log: new Log(() => {}),
  });
  await again.listen(run.runtime);
  await poll(() => text().slice(told).includes("main_1") || null, 10_000, "frame after that");
  run.process.press?.("q");
  assertEquals(await status, 0);
  again.close();
});

test("magent top fails where nobody ever answered, and where something else did", async () => {
  const nobody = new CommandRun();
  assertEquals(await nobody.start("top --control /c"), 1);
  assertEquals(nobody.stderr(), 'Cannot ask "unix:/c": nobody listens\n');
  const { run, server } = await watched("ERROR what is that\n");
  assertEquals(await run.start("top --control /c"), 1);
  assertEquals(
    run.stderr(),
    'Cannot ask "unix:/c": "stats" was answered with "ERROR what is that"\n',
  );
  server.close();
});

for (
  const [args, line] of [
    ["top a b", 'Cannot use argument "b": one address at a time\n'],
    ["top a --control /c", 'Cannot ask two at once: "a" and "--control /c"\n'],
    [
      "top --interval 0",
      'Cannot parse flag "--interval": interval must be 10 to 3600000: current value is "0"\n',
    ],
    ["stats a b c", 'Cannot use argument "c": one group at a time\n'],
  ]
) {
  test(`magent ${args} is refused with one line and status 2`, async () => {
    const run = new CommandRun();
    assertEquals(await run.start(args), 2);
    assertEquals(run.process.printed, { stdout: "", stderr: line });
  });
}
