/**
 * The file that tells others which process we are.
 */

import type { ProcessFacilities } from "../runtime/runtime.ts";

/** Owned by: ProxyProcess. Owns: the file, from `write` to `remove`. */
export class PidFile {
  readonly #process: ProcessFacilities;
  readonly #path: string;

  constructor(process: ProcessFacilities, path: string) {
    this.#process = process;
    this.#path = path;
  }

  /**
   * Writes our id. Returns a warning when the file named another process that lives,
   * as memcached does; throws when the file cannot be written.
   */
  write(): string | null {
    const other = this.#readId();
    this.#process.writeTextFile(this.#path, `${this.#process.pid}\n`);
    if (other === null || other === this.#process.pid || !this.#lives(other)) return null;
    return `pid file "${this.#path}" named process ${other}, which still runs: overwritten`;
  }

  /** Removes the file, unless another process has put its own id into it since. */
  remove(): void {
    if (this.#readId() !== this.#process.pid) return;
    try {
      this.#process.removeFile(this.#path);
    } catch {
      this.#empty();
    }
  }

  /** After root was given up the folder may be closed to us, but the file is still ours. */
  #empty(): void {
    try {
      this.#process.writeTextFile(this.#path, "");
    } catch {
      // Then it stays, and the next start overwrites it.
    }
  }

  #readId(): number | null {
    try {
      const text = this.#process.readTextFile(this.#path).trim();
      return /^\d{1,10}$/.test(text) ? Number(text) : null;
    } catch {
      return null;
    }
  }

  /** True only where the system shows its processes as files. */
  #lives(id: number): boolean {
    return this.#process.fileKind(`/proc/${id}`) !== "missing";
  }
}
