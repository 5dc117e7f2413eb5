import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { ControlServer, type ControlServerOptions } from "../../src/cli/control_server.ts";
import { Log } from "../../src/log/log.ts";
import type { Socket } from "../../src/runtime/runtime.ts";
import { FakeRuntime } from "./fake_runtime.ts";

const PATH = "/c";

class Stage {
  readonly runtime = new FakeRuntime();
  readonly asked: string[] = [];
  logged = "";
  readonly server: ControlServer;

  constructor(options: Partial<ControlServerOptions> = {}) {
    this.server = new ControlServer({
      path: PATH,
      answer: (line) => {
        this.asked.push(line);
        return `you said ${line}\n`;
      },
      log: new Log((line) => this.logged += line, { level: "debug" }),
      ...options,
    });
  }

  connect(): Promise<Socket> {
    return this.runtime.connect({ transport: "unix", path: PATH }, new AbortController().signal);
  }

  /** Sends the chunks, then reads until the server closes. */
  async converse(chunks: readonly string[]): Promise<string> {
    const socket = await this.connect();
    const answer = readToEnd(socket);
    const writer = socket.writable.getWriter();
    for (const chunk of chunks) await writer.write(new TextEncoder().encode(chunk));
    return await answer;
  }
}

async function stage(options: Partial<ControlServerOptions> = {}): Promise<Stage> {
  const it = new Stage(options);
  await it.server.listen(it.runtime);
  return it;
}

async function readToEnd(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket.readable) text += new TextDecoder().decode(chunk);
  return text;
}

test("ControlServer answers line by line, and closes at quit", async () => {
  const { converse, asked } = bound(await stage());
  assertEquals(
    await converse(["stats\r\n\n  top 5 \nquit\nnever\n"]),
    "you said stats\nyou said top 5\n",
  );
  assertEquals(asked, ["stats", "top 5"]);
});

test("ControlServer puts lines together from any chunks", async () => {
  const { converse } = bound(await stage());
  assertEquals(await converse([..."stats\nquit\n"]), "you said stats\n");
});

test("ControlServer explains itself", async () => {
  const { converse, asked } = bound(await stage());
  assertStringIncludes(
    await converse(["help\nquit\n"]),
    "\nquit                      closes the connection\n",
  );
  assertEquals(asked, []);
});

test("ControlServer closes when the operator has finished sending", async () => {
  const it = await stage();
  const socket = await it.connect();
  const answer = readToEnd(socket);
  const writer = socket.writable.getWriter();
  await writer.write(new TextEncoder().encode("stats\nhalf a line"));
  await writer.close();
  assertEquals(await answer, "you said stats\n");
});

for (
  const [name, chunks] of [
    ["in one chunk", [`${"x".repeat(101)}\n`]],
    ["without an end", ["x".repeat(60), "x".repeat(60)]],
  ] as const
) {
  test(`ControlServer refuses a line too long ${name}`, async () => {
    const it = await stage({ lineLength: 100 });
    assertEquals(await it.converse(chunks), "ERROR line too long\n");
    assertEquals(it.server.counters.linesTooLong, 1);
    assertStringIncludes(it.logged, "control line too long: 1 such lines so far");
  });
}

test("ControlServer takes a line as long as its limit", async () => {
  const it = await stage({ lineLength: 100 });
  await it.converse([`${"x".repeat(100)}\nquit\n`]);
  assertEquals(it.asked, ["x".repeat(100)]);
});

test("ControlServer refuses one connection more than its limit, until one has gone", async () => {
  const it = await stage({ connectionLimit: 2 });
  const first = await it.connect();
  const second = await it.connect();
  assertEquals(await readToEnd(await it.connect()), "ERROR too many control connections\n");
  assertEquals(it.server.counters, { accepted: 2, refused: 1, linesTooLong: 0, idleClosed: 0 });
  assertStringIncludes(it.logged, "control connection refused: 2 are open, 1 refused so far");

  await first.writable.getWriter().write(new TextEncoder().encode("quit\n"));
  assertEquals(await readToEnd(first), "");
  await first.closed;
  assertEquals(await it.converse(["stats\nquit\n"]), "you said stats\n");
  second.close();
});

test("ControlServer closes a connection that says nothing", async () => {
  const it = await stage({ idleMs: 1 });
  assertEquals(await readToEnd(await it.connect()), "");
  assertEquals(it.server.counters.idleClosed, 1);
  assertStringIncludes(it.logged, "control connection closed: idle for 1 ms, 1 so far");
});

test("ControlServer survives an answer that throws", async () => {
  const it = await stage({
    answer: (line) => {
      if (line === "bad") throw new Error("out of order");
      return "fine\n";
    },
  });
  assertEquals(await it.converse(["bad\n"]), "");
  assertStringIncludes(it.logged, "control connection broke: out of order");
  assertEquals(await it.converse(["good\nquit\n"]), "fine\n");
});

test("ControlServer closes its connections with itself", async () => {
  const it = await stage();
  const socket = await it.connect();
  it.server.close();
  it.server.close();
  assertEquals(await readToEnd(socket), "");
  assertEquals(it.runtime.listening.size, 0);
});

function bound(it: Stage): { converse: Stage["converse"]; asked: string[] } {
  return { converse: it.converse.bind(it), asked: it.asked };
}
