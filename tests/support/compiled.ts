/**
 * What scripts/compile left behind when a test ran it.
 *
 * Owned by: the test, which disposes of it (`using`).
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("../../scripts/compile", import.meta.url));
const COMPILE_MS = 120_000;

/** A folder with executables. */
export class Compiled implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "magent-compiled-"));
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const told = spawnSync(SCRIPT, [...args, "--out", this.folder], {
      encoding: "utf8",
      timeout: COMPILE_MS,
      env: { ...process.env, ...environment },
    });
    this.status = told.status;
    this.stdout = told.stdout;
    this.stderr = told.stderr;
  }

  /** The names of the files, sorted. */
  get names(): readonly string[] {
    return readdirSync(this.folder).sort();
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
