/**
 * What operators ask at a terminal, against a running proxy and real memcached servers.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { Child } from "../support/child.ts";
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
