/**
 * magent as a child process: from source, on the runtime that runs the test, or the executable
 * that the variable MAGENT_EXECUTABLE names.
 *
 * Owned by: the test, which disposes of it (`await using`).
 */

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import { poll } from "./deadline.ts";
import { freePort } from "./free_port.ts";
import { type Target, TextClient } from "./text_client.ts";

const START_MS = 20_000;
const START_TRIES = 5;
const ENTRY = fileURLToPath(new URL("../../mod.ts", import.meta.url));

/** The runtime that runs this test. */
export const RUNTIME: "deno" | "bun" = process.versions.bun === undefined ? "deno" : "bun";

/** The command and the arguments before magent's own. */
export function magentCommand(): [command: string, ...args: string[]] {
  const executable = process.env.MAGENT_EXECUTABLE ?? "";
  if (executable !== "") return [executable];
  return RUNTIME === "bun"
    ? [process.execPath, "run", ENTRY]
    : [process.execPath, "run", "--quiet", "--no-check", "-A", ENTRY];
}

/** One running proxy. */
export class MagentProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: Child;
  readonly #controlPath: string;

  private constructor(port: number, child: Child, controlPath: string) {
    this.port = port;
    this.#child = child;
    this.#controlPath = controlPath;
  }

  /** Starts a proxy in front of these servers and waits until it accepts. */
  static async start(options: {
    mains: readonly string[];
    backups?: readonly string[];
    args?: readonly string[];
    /** In place of `magentCommand()`. */
    command?: readonly [string, ...string[]];
  }): Promise<MagentProcess> {
    const servers = [
      ...options.mains.flatMap((name) => ["-s", name]),
      ...(options.backups ?? []).flatMap((name) => ["-b", name]),
    ];
    for (let attempt = 1;; attempt++) {
      const port = await freePort();
      const controlPath = join(tmpdir(), `magent-${process.pid}-${port}.control`);
      const where = ["-D", "-l", "127.0.0.1", "-p", `${port}`, "--control", controlPath];
      const [command, ...before] = options.command ?? magentCommand();
      const child = new Child(command, [...before, ...where, ...servers, ...options.args ?? []]);
      try {
        await poll(() => accepts(port, child), START_MS, "magent that accepts");
        return new MagentProcess(port, child, controlPath);
      } catch (error) {
        await child.kill();
        // Somebody else may have taken the port since it was found free.
        if (attempt === START_TRIES || !child.output.includes("in use")) throw error;
      }
    }
  }

  get target(): Target {
    return { port: this.port };
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Where its operator asks. */
  get controlPath(): string {
    return this.#controlPath;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.#child.output;
  }

  /** A new connection to it. */
  client(): Promise<TextClient> {
    return TextClient.connect(this.target);
  }

  /** Its `stats`, by name; a name that comes twice keeps its last value. */
  async stats(group = ""): Promise<Map<string, string>> {
    return await statsAt(this.target, group);
  }

  /** As the operator sees them: without what servers would have to be asked for. */
  async ownStats(): Promise<Map<string, string>> {
    return await statsAt({ path: this.#controlPath }, "");
  }

  /** Sends a signal and waits for the end; gives the exit status, null when the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.signal(signal);
    return await this.#child.exit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.kill();
    rmSync(this.#controlPath, { force: true });
  }
}

async function statsAt(target: Target, group: string): Promise<Map<string, string>> {
  await using client = await TextClient.connect(target);
  const text = await client.ask(`stats${group === "" ? "" : ` ${group}`}\r\n`, "END\r\n");
  const lines = text.split("\r\n").filter((line) => line.startsWith("STAT "));
  return new Map(lines.map((line) => {
    const [, name, ...value] = line.split(" ");
    return [name, value.join(" ")];
  }));
}

async function accepts(port: number, child: Child): Promise<true | null> {
  if (child.ended) throw new Error(`magent ended at once: ${child.output}`);
  try {
    await using client = await TextClient.connect({ port });
    return (await client.ask("version\r\n")).includes("magent/") ? true : null;
  } catch {
    return null;
  }
}
