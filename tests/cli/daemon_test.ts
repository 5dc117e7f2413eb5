import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";
import { VERSION } from "../../src/version.ts";
import { poll } from "../support/deadline.ts";
import { freePort } from "../support/free_port.ts";
import { type Target, TextClient } from "../support/text_client.ts";
import { BackgroundProcess } from "./background_process.ts";

const SERVER = ["-s", "127.0.0.1"];
const IS_ROOT = process.getuid?.() === 0;
const VERSION_LINE = `VERSION 1.6.18 magent/${VERSION}\r\n`;

async function version(where: Target): Promise<string> {
  await using client = await TextClient.connect(where);
  return await client.ask("version\r\n");
}

test("magent goes to the background, listens when its parent returns, and cleans up", async () => {
  await using it = new BackgroundProcess();
  const port = await freePort();
  const where = ["-l", "127.0.0.1", "-p", `${port}`, "-f", "m.sock", "--control", "c.sock"];
  const files = ["--pid-file", "magent.pid", "--log-file", "logs/magent.log"];
  assertEquals(await it.run(...SERVER, ...where, ...files), { status: 0, output: "" });

  assertEquals(await version({ port }), VERSION_LINE);
  assertEquals(await version({ path: it.path("m.sock") }), VERSION_LINE);
  assertEquals(statSync(it.path("m.sock")).mode & 0o777, 0o644);
  assertEquals(statSync(it.path("c.sock")).mode & 0o777, 0o600);
  assertStringIncludes(it.text("logs/magent.log"), `listening on 127.0.0.1:${port} and unix:`);
  const answer = await it.run("ctl", "--control", "c.sock", "stats");
  assertEquals(answer.status, 0);
  assertMatch(answer.output, /^STAT memcached agent v[\d.]+\r\n(STAT .+\r\n)+END\r\n$/);

  const { pid } = it;
  it.signal("SIGTERM");
  await it.ended(pid);
  assertStringIncludes(it.text("logs/magent.log"), "info stopped\n");
  for (const name of ["m.sock", "c.sock", "magent.pid"]) assertEquals(it.exists(name), false);
});

test("magent opens its log again at SIGHUP, and ignores SIGUSR2", async () => {
  await using it = new BackgroundProcess();
  await it.run(
    ...[...SERVER, "-p", "0", "-f", "m.sock"],
    ...["--pid-file", "magent.pid", "--log-file", "m.log"],
  );
  renameSync(it.path("m.log"), it.path("m.log.1"));
  it.signal("SIGHUP");
  await it.holds("m.log", "SIGHUP: log file reopened");
  it.signal("SIGUSR2");
  await it.holds("m.log", "SIGUSR2: ignored");
  assertStringIncludes(it.text("m.log.1"), "listening on");
  assertEquals(await version({ path: it.path("m.sock") }), VERSION_LINE);
});

test("magent prints the error of its background process and exits with 1", async () => {
  await using it = new BackgroundProcess();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  try {
    const where = ["-l", "127.0.0.1", "-p", `${port}`, "--pid-file", "magent.pid"];
    const { status, output } = await it.run(...SERVER, ...where);
    assertEquals(output, `Cannot listen on "127.0.0.1:${port}": in use\n`);
    assertEquals(status, 1);
    assertEquals(it.exists("magent.pid"), false);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

test("magent answers wrong flags with one line and exits with 2", async () => {
  await using it = new BackgroundProcess();
  assertEquals(await it.run(...SERVER, "-p", "http"), {
    status: 2,
    output: 'Cannot parse flag "-p": port must be 0 to 65535: current value is "http"\n',
  });
});

test("magent replaces the socket of one that was killed, and no other file", async () => {
  await using it = new BackgroundProcess();
  const args = [...SERVER, "-p", "0", "-f", "m.sock", "--pid-file", "magent.pid"];
  await it.run(...args);
  const first = it.pid;
  assertEquals(await it.run(...args), {
    status: 1,
    output: 'Cannot listen on "unix:m.sock": in use by another process\n',
  });
  it.signal("SIGKILL");
  await it.ended(first);
  assertEquals(it.exists("m.sock"), true);

  assertEquals(await it.run(...args), { status: 0, output: "" });
  assertNotEquals(it.pid, first);
  assertEquals(await version({ path: it.path("m.sock") }), VERSION_LINE);

  writeFileSync(it.path("precious"), "text");
  assertEquals(await it.run(...SERVER, "-p", "0", "-f", "precious"), {
    status: 1,
    output: 'Cannot listen on "unix:precious": a file that is no socket is there\n',
  });
  assertEquals(it.text("precious"), "text");
});

test("magent in the foreground logs to stderr and exits with 0 at SIGINT", async () => {
  await using it = new BackgroundProcess();
  const child = it.begin("-D", ...SERVER, "-p", "0", "-f", "m.sock");
  try {
    await poll(() => child.output.includes("main servers") ? true : null, 20_000, "start");
    assertMatch(child.output, /info magent [\d.]+ \((deno|bun) [\d.]+\), process \d+, listening/);
    child.signal("SIGHUP");
    await poll(() => child.output.includes("no log file to reopen") ? true : null, 20_000, "log");
    child.signal("SIGINT");
    assertEquals(await child.exit(), 0);
    assertEquals(it.exists("m.sock"), false);
  } finally {
    await child.kill();
  }
});

test("magent gives up root after it has bound", { skip: !IS_ROOT }, async () => {
  await using it = new BackgroundProcess();
  const where = ["-p", "0", "-f", "m.sock", "--control", "c.sock"];
  const files = ["--pid-file", "magent.pid", "--log-file", "logs/m.log"];
  const args = [...SERVER, "-u", "nobody", ...where, ...files];
  assertEquals(await it.run(...args), { status: 0, output: "" });
  const { pid } = it;
  const nobody = statSync(it.path("m.sock")).uid;
  assertNotEquals(nobody, 0);
  assertMatch(
    readFileSync(`/proc/${pid}/status`, "utf8"),
    new RegExp(`^Uid:\t${nobody}\t${nobody}\t${nobody}\t${nobody}$`, "m"),
  );
  for (const name of ["c.sock", "magent.pid", "logs", "logs/m.log"]) {
    assertEquals(statSync(it.path(name)).uid, nobody);
  }
  assertEquals((await it.run("ctl", "--control", "c.sock", "stats")).status, 0);

  renameSync(it.path("logs/m.log"), it.path("logs/m.log.1"));
  it.signal("SIGHUP");
  await it.holds("logs/m.log", "log file reopened");

  // The folder belongs to root: what cannot be removed is left so that the next start can.
  it.signal("SIGTERM");
  await it.ended(pid);
  assertEquals(it.text("magent.pid"), "");
  assertEquals(await it.run(...args), { status: 0, output: "" });
});

test("magent takes the guide's -u root from root", { skip: !IS_ROOT }, async () => {
  await using it = new BackgroundProcess();
  const args = [...SERVER, "-u", "root", "-p", "0", "-f", "m.sock", "--pid-file", "magent.pid"];
  assertEquals(await it.run(...args), { status: 0, output: "" });
});
