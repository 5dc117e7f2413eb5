/**
 * One line per life event: start, accept errors, eject, readmit, drain, exit.
 *
 *   2026-11-22T09:30:00.000Z warn backend 127.0.0.1:11211 ejected: refused
 *
 * Owned by: whoever composes the process. Writes through the sink it was given.
 */

/** How much an operator should care. */
export type LogLevel = "debug" | "info" | "warn" | "error";

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes one line per event, from a level on, to a text sink. */
export class Log {
  readonly #write: (line: string) => void;
  /** What is less than this is not written. */
  readonly level: LogLevel;
  readonly #time: () => Date;
  readonly #prefix: string;

  constructor(
    write: (line: string) => void,
    options: { level?: LogLevel; time?: () => Date; prefix?: string } = {},
  ) {
    this.#write = write;
    this.level = options.level ?? "info";
    this.#time = options.time ?? (() => new Date());
    this.#prefix = options.prefix ?? "";
  }

  debug(text: string): void {
    this.#line("debug", text);
  }

  info(text: string): void {
    this.#line("info", text);
  }

  warn(text: string): void {
    this.#line("warn", text);
  }

  error(text: string): void {
    this.#line("error", text);
  }

  /** Writes a whole line that the log of another thread has made. */
  relay(line: string): void {
    this.#write(line);
  }

  #line(level: LogLevel, text: string): void {
    if (RANK[level] < RANK[this.level]) return;
    const told = `${this.#prefix}${text}`.replaceAll(/[\r\n]+/g, " ");
    this.#write(`${this.#time().toISOString()} ${level} ${told}\n`);
  }
}
