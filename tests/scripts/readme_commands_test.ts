/**
 * Every command line of the README runs, in its order, in one place, as a reader would type it:
 * or stands below with the reason why it does not.
 *
 * Ports and paths are put in place of those of the text, `magent` is the program under test.
 */

import { assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { hostTarget } from "../../scripts/compiling/compile_target.ts";
import { VERSION } from "../../src/version.ts";
import { Compiled } from "../support/compiled.ts";
import { poll } from "../support/deadline.ts";
import { freePort } from "../support/free_port.ts";
import { magentCommand } from "../support/magent_process.ts";
import { runtimePath } from "../support/runtime_path.ts";
import { TextClient } from "../support/text_client.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TIME_MS = 180_000;
const LINE_MS = 60_000;
const PORTS = ["11211", "11212", "11213", "12000"];

/** What does not run in a test, and why. */
const NOT_RUN: readonly { readonly line: RegExp; readonly reason: string }[] = [
  { line: /^docker /, reason: "it needs a container daemon and a registry of images" },
  { line: /^kubectl /, reason: "it needs a cluster" },
  { line: /^systemctl /, reason: "it changes the machine" },
  { line: /^magent man > /, reason: "it changes the machine" },
  { line: /^deno task compile( |$)/, reason: "Deno's base binaries are fetched" },
  { line: /^\.\/scripts\/compile /, reason: "compile_test.ts runs it" },
];

/** What is refused where nothing is wrong, and in which words. */
const REFUSED = [{ line: /^magent recover pause /, says: /^ERROR no restore of \S+ is running$/m }];

/** The lines of all blocks of shell, without the comments behind them. */
function readmeLines(): string[] {
  const text = readFileSync(join(ROOT, "README.md"), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)]
    .flatMap(([, block]) => block.replaceAll("\\\n", " ").split("\n"))
    .map((line) => line.replace(/ +# .*$/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** The place in which the lines run. Owned by: the test. Owns: the servers that lines start. */
class Site implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "magent-readme-"));
  readonly #ports: ReadonlyMap<string, string>;
  readonly #compiled: Compiled;
  readonly #path: string;

  private constructor(ports: ReadonlyMap<string, string>) {
    this.#ports = ports;
    this.#compiled = new Compiled(["--bun", "--target", "host"]);
    chmodSync(this.#folder, 0o777);
    mkdirSync(join(this.#folder, "bin"));
    const program = join(this.#folder, "bin/magent");
    const command = magentCommand().map((word) => `'${word}'`).join(" ");
    writeFileSync(program, `#!/bin/sh\nexec ${command} "$@"\n`);
    chmodSync(program, 0o755);
    this.#path = `${join(this.#folder, "bin")}:${runtimePath()}`;
  }

  static async open(): Promise<Site> {
    const ports = new Map<string, string>();
    for (const port of PORTS) ports.set(port, String(await freePort()));
    return new Site(ports);
  }

  /** Runs a line to its end. */
  run(line: string): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", this.#here(line)], {
      cwd: ROOT,
      env: { ...process.env, PATH: this.#path },
      encoding: "utf8",
      timeout: LINE_MS,
    });
    return { status, output: stdout + stderr };
  }

  /** A client of what listens where the text says so. */
  client(port: string): Promise<TextClient> {
    return TextClient.connect({ port: Number(this.#ports.get(port)) });
  }

  #here(line: string): string {
    let text = line
      .replaceAll("/run/magent", join(this.#folder, "magent"))
      .replaceAll(`./magent-${VERSION}-linux-x64`, this.#compiled.path(this.#executable))
      .replaceAll("cache1:", "127.0.0.1:")
      .replaceAll("memcached -d ", `memcached -d -P ${this.#folder}/memcached-$port.pid `);
    for (const [port, other] of this.#ports) text = text.replaceAll(port, other);
    return text;
  }

  get #executable(): string {
    return `magent-${VERSION}-${hostTarget()?.name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endProxy();
    for (const name of readdirSync(this.#folder)) {
      if (name.endsWith(".pid")) end(Number(readFileSync(join(this.#folder, name), "utf8")));
    }
    this.#compiled[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #endProxy(): Promise<void> {
    const client = await this.client("12000").catch(() => null);
    if (client === null) return;
    await using proxy = client;
    const stats = await proxy.ask("stats\r\n", "END\r\n");
    end(Number(/^STAT pid (\d+)/m.exec(stats)?.[1]));
  }
}

function end(pid: number): void {
  if (!(pid > 1)) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

const reason = hostTarget()?.name.startsWith("linux") ? null : "its servers run on Linux";
if (reason !== null) console.log(`readme_commands_test.ts: skipped: ${reason}`);

test("Every command line of the README runs, or has a reason not to", {
  timeout: TIME_MS,
  skip: reason ?? false,
}, async () => {
  const lines = readmeLines();
  await using site = await Site.open();
  let ran = 0;
  for (const line of lines) {
    const excuse = NOT_RUN.find((one) => one.line.test(line));
    if (excuse !== undefined) {
      console.log(`readme_commands_test.ts: not run: ${line}: ${excuse.reason}`);
      continue;
    }
    const { status, output } = site.run(line);
    const refused = REFUSED.find((one) => one.line.test(line));
    assertEquals(status, refused === undefined ? 0 : 1, `${line}\n${output}`);
    if (refused !== undefined) assertEquals(refused.says.test(output), true, output);
    ran++;
  }
  assertEquals(ran >= 15, true, lines.join("\n"));
  // The two commands have made what the text says they make.
  await using client = await site.client("12000");
  assertEquals(await client.set("key1", "lx123"), "STORED");
  await using backup = await site.client("11213");
  // The main's answer is the client's: the backup's may come later.
  await poll(async () => await backup.get("key1") === "lx123" || null, 10_000, "second copy");
});

test("Every reason why a line does not run belongs to a line", () => {
  for (const { line } of NOT_RUN) {
    assertEquals(readmeLines().some((one) => line.test(one)), true, String(line));
  }
});
