/**
 * All the ways to name a server and to listen: IPv4, IPv6, host names and Unix sockets, in
 * front of real memcached.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Child } from "../support/child.ts";
import { poll } from "../support/deadline.ts";
import { freePort } from "../support/free_port.ts";
import { magentCommand, MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { type Target, TextClient } from "../support/text_client.ts";

const TIME_MS = 30_000;
const HAS_IPV6 = Object.values(networkInterfaces()).flat().some((one) => one?.address === "::1");
const SKIP_IPV6 = HAS_IPV6 ? false : "this machine has no ::1";

/** A folder of one test, for its sockets. */
class SocketFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "magent-"));

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** A proxy with a command line of its own. */
class OwnProxy implements AsyncDisposable {
  readonly child: Child;

  constructor(...args: string[]) {
    const [command, ...before] = magentCommand();
    this.child = new Child(command, [...before, "-D", ...args]);
  }

  /** Waits until it listens there. */
  async client(target: Target): Promise<TextClient> {
    const connect = () => TextClient.connect(target).catch(() => null);
    return await poll(connect, 20_000, `proxy at ${JSON.stringify(target)}`)
      .catch((error) => {
        throw new Error(`${error.message}: ${this.child.output}`);
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child.kill();
  }
}

async function assertServes(client: TextClient, server: MemcachedProcess): Promise<void> {
  assertEquals(await client.set("k", "through"), "STORED");
  assertEquals(await client.get("k"), "through");
  await using direct = await server.client();
  assertEquals(await direct.get("k"), "through");
}

test("Clients and servers may use Unix sockets, with no TCP at all", {
  timeout: TIME_MS,
}, async () => {
  using folder = new SocketFolder();
  await using main = await MemcachedProcess.start({ path: folder.file("main") });
  await using backup = await MemcachedProcess.start({ path: folder.file("backup") });
  const path = folder.file("clients");
  await using proxy = new OwnProxy(
    ...["-p", "0", "-f", path, "-s", main.server, "-b", backup.server],
  );
  await using client = await proxy.client({ path });
  await assertServes(client, main);
  const lines = (await client.ask("stats\r\n", "END\r\n")).split("\r\n");
  assertEquals(lines.slice(1, 3), [
    `STAT matrix 1 -> ${main.server}, pool size 1`,
    `STAT backup 1 -> ${backup.server}, pool size 1`,
  ]);

  await main.kill();
  assertEquals(await client.get("k"), "through");
  assertEquals(await client.set("k", "backup only"), "STORED");
  proxy.child.signal("SIGTERM");
  assertEquals(await client.readToEnd(), "");
  assertEquals(await proxy.child.exit(), 0);
  assertEquals(existsSync(path), false);
});

test("A proxy listens on TCP and on a Unix socket at once", { timeout: TIME_MS }, async () => {
  using folder = new SocketFolder();
  await using main = await MemcachedProcess.start();
  const path = folder.file("clients");
  await using proxy = await MagentProcess.start({ mains: [main.server], args: ["-f", path] });
  await using local = await TextClient.connect({ path });
  await assertServes(local, main);
  await using remote = await proxy.client();
  assertEquals(await remote.get("k"), "through");
});

test("A server may be named by its host name", { timeout: TIME_MS }, async () => {
  await using main = await MemcachedProcess.start();
  const name = `localhost:${main.port}`;
  await using proxy = await MagentProcess.start({ mains: [name] });
  await using client = await proxy.client();
  await assertServes(client, main);
  assertMatch(
    await client.ask("stats matrix\r\n", "END\r\n"),
    new RegExp(`\r\nmatrix 1 -> ${name}, pool size 1\r\n`),
  );
});

test("Servers and clients may use IPv6", { timeout: TIME_MS, skip: SKIP_IPV6 }, async () => {
  await using main = await MemcachedProcess.start({ args: ["-m", "64", "-l", "::1"] });
  const name = `[::1]:${main.port}`;
  const port = await freePort();
  await using proxy = new OwnProxy("-l", "::1", "-p", `${port}`, "-s", name);
  await using client = await proxy.client({ host: "::1", port });
  await assertServes(client, main);
  assertMatch(
    await client.ask("stats\r\n", "END\r\n"),
    new RegExp(`\r\nSTAT matrix 1 -> \\[::1\\]:${main.port}, pool size 1\r\n`),
  );
});

test("-p 0 without a Unix socket leaves nobody to serve: one line, status 2", {
  timeout: TIME_MS,
}, async () => {
  await using proxy = new OwnProxy("-p", "0", "-s", "127.0.0.1");
  assertEquals(await proxy.child.exit(20_000), 2);
  assertMatch(proxy.child.output, /^[^\n]*"-p 0"[^\n]*\n$/);
});
