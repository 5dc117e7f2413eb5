import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { controlCommand } from "../../src/cli/control_command.ts";
import { ControlServer } from "../../src/cli/control_server.ts";
import { runCommand } from "../../src/cli/run_command.ts";
import { Log } from "../../src/log/log.ts";
import { FakeRuntime } from "./fake_runtime.ts";

/** A proxy that gives these answers in turn, and the last one for ever. */
class Stage {
  readonly runtime = new FakeRuntime();
  readonly asked: string[] = [];
  readonly #answers: string[];

  private constructor(answers: readonly string[]) {
    this.#answers = [...answers];
  }

  static async start(...answers: readonly string[]): Promise<Stage> {
    const stage = new Stage(answers);
    const answer = (line: string) => {
      stage.asked.push(line);
      return stage.#answers.length > 1 ? stage.#answers.shift()! : stage.#answers[0];
    };
    await new ControlServer({ path: "/c", answer, log: new Log(() => {}) }).listen(stage.runtime);
    return stage;
  }

  run(args: string): Promise<number> {
    return controlCommand(args.split(" "), this.runtime);
  }

  get printed(): { stdout: string; stderr: string } {
    return this.runtime.process.printed;
  }
}

function restoring(done: number): string {
  return `STAT main_1_name a:1\r\nSTAT main_1_state restoring\r\nSTAT main_1_restore running\r\n` +
    `STAT main_1_restore_keys 10\r\nSTAT main_1_restore_done ${done}\r\n` +
    "STAT main_1_restore_rate 5\r\nSTAT main_1_restore_eta unknown\r\nEND\r\n";
}

const UP = "STAT main_1_name a:1\r\nSTAT main_1_state up\r\nSTAT main_1_restore none\r\nEND\r\n";

test("controlCommand says the operator's words to the proxy, and prints its answer", async () => {
  for (
    const line of [
      "recover start main_1",
      "recover stop a:1",
      "recover pause a:1",
      "recover resume a:1",
      "recover status",
      "recover status a:1",
      "server down a:1",
      "server up a:1",
      "server auto a:1",
    ]
  ) {
    const stage = await Stage.start("OK done\n");
    assertEquals(await stage.run(`${line} --control /c`), 0);
    assertEquals([stage.asked, stage.printed.stdout], [[line], "OK done\n"]);
  }
});

test("controlCommand fails when the proxy refuses", async () => {
  const stage = await Stage.start('ERROR unknown server "x": servers are main_1 (a:1)\n');
  assertEquals(await stage.run("server down x --control /c"), 1);
  assertEquals(stage.printed.stdout, 'ERROR unknown server "x": servers are main_1 (a:1)\n');
});

for (
  const [args, line] of [
    ["recover --control /c", "usage: magent recover start|stop|pause|resume|status SERVER"],
    ["recover begin a --control /c", "usage: magent recover start|stop|pause|resume|status SERVER"],
    ["server constructor a --control /c", "usage: magent server up|down|auto SERVER"],
    ["server up --control /c", "no server was named: usage: magent server up|down|auto SERVER"],
    [
      "server up a b --control /c",
      "one server at a time: usage: magent server up|down|auto SERVER",
    ],
  ]
) {
  test(`runCommand answers ${JSON.stringify(args)} with its usage and status 2`, async () => {
    const { runtime } = await Stage.start("OK\n");
    const startProxy = () => Promise.reject(new Error("not to be started"));
    const program = { runtime, startProxy, version: "1" };
    assertEquals(await runCommand(args.split(" "), program), 2);
    assertEquals(runtime.process.printed.stderr, `${line} --control PATH\n`);
  });
}

test("controlCommand follows recover status only", async () => {
  for (const args of ["recover start a", "server up a", "ctl recover status"]) {
    const { runtime } = await Stage.start("OK\n");
    const failure = await controlCommand([...args.split(" "), "--follow"], runtime)
      .catch((error) => error.message);
    assertEquals(failure, 'Cannot use "--follow" with anything but "magent recover status"');
  }
});

test("controlCommand follows a restore on one connection, line by line, to its end", async () => {
  const stage = await Stage.start(restoring(2), restoring(3), UP);
  assertEquals(await stage.run("recover status --follow --control /c"), 0);
  assertEquals(stage.asked, ["stats recovery", "stats recovery", "stats recovery"]);
  // What is little changed is not worth another line yet.
  assertEquals(stage.printed.stdout, "main_1 a:1 restoring  20 %  2/10  5/s\nmain_1 a:1 up\n");
});

test("controlCommand draws over its last lines in a terminal", async () => {
  const stage = await Stage.start(restoring(2), UP);
  stage.runtime.process.columns = 80;
  assertEquals(await stage.run("recover status a:1 --follow --control /c"), 0);
  assertEquals(
    stage.printed.stdout,
    "main_1 a:1 restoring [####----------------]  20 %  2/10  5/s\n" +
      "\x1b[F\x1b[Jmain_1 a:1 up\n",
  );
});

test("controlCommand does not follow what is not there", async () => {
  for (
    const [answer, text] of [
      [UP, 'unknown server "b:1": servers are main_1 (a:1)\n'],
      ["ERROR unknown command\n", "ERROR unknown command\n"],
    ]
  ) {
    const stage = await Stage.start(answer);
    assertEquals(await stage.run("recover status b:1 --follow --control /c"), 1);
    assertEquals(stage.printed.stderr, text);
  }
});
