/**
 * A root filesystem with one program in it, the libraries it is linked with, and nothing else:
 *
 *   /magent   /lib/…/libc.so.6 …   /lib64/ld-linux-x86-64.so.2   /tmp   /proc
 *
 * `/proc` is mounted in a namespace of the program's own, so it goes with the program.
 *
 * Owned by: the test, which disposes of it (`using`).
 */

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";

/** Why there can be none here, or null. */
export function noBareRoot(): string | null {
  if (process.platform !== "linux") return "chroot and mounts are tested on Linux";
  if (process.getuid?.() !== 0) return "chroot needs root";
  const { status } = spawnSync("unshare", ["--mount", "mount", "-t", "proc", "proc", "/proc"]);
  return status === 0 ? null : "this machine allows no mounts in a namespace of our own";
}

/** One such root. */
export class BareRoot implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "magent-root-"));

  readonly #user: string;

  /** `user` is whom the program runs as: `65532:65532`. */
  constructor(program: string, { user = "0:0" }: { user?: string } = {}) {
    this.#user = user;
    // Open to others, who are to read and to write there.
    chmodSync(this.folder, 0o755);
    for (const name of ["proc", "tmp"]) mkdirSync(join(this.folder, name));
    chmodSync(join(this.folder, "tmp"), 0o1777);
    copyFileSync(program, join(this.folder, "magent"));
    const { stdout } = spawnSync("ldd", [program], { encoding: "utf8" });
    for (const [library] of stdout.matchAll(/\/\S+/g)) {
      mkdirSync(join(this.folder, dirname(library)), { recursive: true });
      copyFileSync(realpathSync(library), join(this.folder, library));
    }
  }

  /** Starts the program in it, as the same process and with an empty environment. */
  get command(): [string, ...string[]] {
    const chroot = `exec env -i /usr/sbin/chroot --userspec=${this.#user} "$0" /magent "$@"`;
    const script = `mount -t proc proc "$0/proc" && ${chroot}`;
    return ["unshare", "--mount", "sh", "-c", script, this.folder];
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
