/**
 * What operators ask at a terminal, against a running proxy and real memcached servers.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { Child } from "../support/child.ts";
import { poll, withDeadline } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { freePort } from "../support/free_port.ts";
import { magentCommand } from "../support/magent_process.ts";

const TIME_MS = 60_000;

/** Runs a subcommand to its end. */
async function run(...args: readonly string[]): Promise<{ status: number | null; text: string }> {
  const [command, ...before] = magentCommand();
  const child = new Child(command, [...before, ...args]);
  return { status: await child.exit(20_000), text: child.output };
}

test("magent where names the servers that really hold a key", { timeout: TIME_MS }, async () => {
  for (const placement of ["modulo", "ketama"]) {
    await using farm = await Farm.start({
      mains: 3,
      backups: 2,
      args: ["--distribution", placement, "--replication", "sync"],
    });
    const { mains, backups } = farm;
    const keys = Array.from({ length: 12 }, (_, at) => `key-${at}`);
    await using client = await farm.proxy.client();
    for (const key of keys) assertEquals(await client.set(key, "v"), "STORED");
    const { status, text } = await run(
      "where",
      ...keys,
      "--distribution",
      placement,
      ...mains.flatMap(({ server }) => ["-s", server]),
      ...backups.flatMap(({ server }) => ["-b", server]),
    );
    assertEquals(status, 0, text);
    for (const { server, client: connect } of [...mains, ...backups].map(asked)) {
      await using direct = await connect();
      for (const key of keys) {
        const held = (await direct.ask(`get ${key}\r\n`, "END\r\n")) !== "END\r\n";
        const line = text.split("\n").find((row) => row.startsWith(`${key} `)) ?? "";
        assertEquals(line.split(/\s+/).includes(server), held, `${server}: ${line}`);
      }
    }
  }
});

function asked(server: Farm["mains"][number]) {
  return { server: server.server, client: () => server.client() };
}

test("magent check tells servers that answer from others", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 0 });
  const server = farm.mains[0].server;
  const well = await run("check", "-s", server, "-l", "127.0.0.1");
  assertEquals(well.status, 0, well.text);
  assertStringIncludes(well.text, ", version 1.");
  const nobody = `127.0.0.1:${await freePort()}`;
  const ill = await run("check", "-s", server, "-s", nobody, "-l", "127.0.0.1");
  assertEquals(ill.status, 1, ill.text);
  assertStringIncludes(ill.text, `${nobody}  does not answer: `);
  assertEquals((await run("check", "-s", server, "-p", "x")).status, 2);
});

test("magent stats reads a proxy, its control socket and a memcached", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 1 });
  const proxy = `127.0.0.1:${farm.proxy.port}`;
  const all = await run("stats", proxy);
  assertEquals([all.status, /^SERVER +main_1 +backup_1$/m.test(all.text)], [0, true], all.text);
  const own = await run("stats", "--control", farm.proxy.controlPath);
  assertEquals([own.status, /^uptime +\d+$/m.test(own.text)], [0, true], own.text);
  const settings = await run("stats", farm.mains[0].server, "settings");
  assertEquals([settings.status, /^maxbytes +[\d,]+$/m.test(settings.text)], [0, true]);
  const unknown = await run("stats", proxy, "nonsense");
  assertEquals(unknown.status, 1);
  assertStringIncludes(unknown.text, '"stats nonsense" was answered with "ERROR"');
  const nobody = `127.0.0.1:${await freePort()}`;
  const refused = await run("stats", nobody);
  assertEquals([refused.status, refused.text.includes(`Cannot ask "${nobody}"`)], [1, true]);
});

test("magent top prints one frame with every server", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start({ mains: 2, backups: 1 });
  await using client = await farm.proxy.client();
  assertEquals(await client.set("k", "v"), "STORED");
  for (const place of [[`127.0.0.1:${farm.proxy.port}`], ["--control", farm.proxy.controlPath]]) {
    const { status, text } = await run("top", "--interval", "50", ...place);
    assertEquals(status, 0, text);
    assertEquals(text.match(/^(main|backup)_\d +127\.0\.0\.1:\d+ +up /gm)?.length, 3, text);
  }
  const plain = await run("top", "--once", "--interval", "50", farm.mains[0].server);
  assertEquals([plain.status, plain.text.startsWith("memcached 1.")], [0, true], plain.text);
});

test("magent top redraws in a terminal until q is pressed", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start({ mains: 1, backups: 0 });
  const line = [...magentCommand(), "top", "--interval", "50", `127.0.0.1:${farm.proxy.port}`];
  // `script` gives its child a terminal of its own.
  const child = spawn("script", ["-qefc", line.join(" "), "/dev/null"]);
  const ended = Promise.withResolvers<number | null>();
  let output = "";
  child.stdout.on("data", (chunk) => output += chunk);
  child.on("error", () => ended.resolve(null));
  child.on("close", (status) => ended.resolve(status ?? -1));
  try {
    const seen = poll(() => output.split("\x1b[J").length > 2 || null, 20_000, "third frame");
    const first = await Promise.race([seen, ended.promise]);
    if (first === null) return console.log("subcommands_test.ts: skipped: there is no script(1)");
    assertEquals(first, true, output);
    child.stdin.write("q");
    assertEquals(await withDeadline(ended.promise, 20_000, "end of magent top"), 0, output);
  } finally {
    child.kill("SIGKILL");
  }
  assertEquals(output.includes("\nmain_1 "), true, output);
});
