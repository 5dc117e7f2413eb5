/**
 * The log on disk, which survives being moved away by log rotation.
 *
 * Owned by: whoever composes the process. Owns: the open file.
 */

/** The part of an open file that a log needs. */
export interface LogTarget {
  write(text: string): void;
  close(): void;
}

/** Appends to a file that can be opened anew under the same path. */
export class LogFile {
  readonly #open: () => LogTarget;
  #target: LogTarget | null;

  /** Throws what `open` throws: a log that cannot be opened at the start is an error. */
  constructor(open: () => LogTarget) {
    this.#open = open;
    this.#target = open();
  }

  /** Appends; does nothing once closed. */
  write(text: string): void {
    this.#target?.write(text);
  }

  /** Opens the path again. When that throws, the file that was open stays in use. */
  reopen(): void {
    if (this.#target === null) return;
    const fresh = this.#open();
    this.#target.close();
    this.#target = fresh;
  }

  /** Safe to call twice. */
  close(): void {
    this.#target?.close();
    this.#target = null;
  }
}
