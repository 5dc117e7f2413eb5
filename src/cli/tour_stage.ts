/**
 * Where a tour is told: numbered steps, what is sent and answered, and waiting for what must
 * come. On a terminal there is time to read between the steps.
 *
 * Owned by: DemoTour.
 */

import type { Runtime } from "../runtime/runtime.ts";

const REST_MS = 2500;
const POLL_MS = 50;
const WAIT_MS = 40_000;
const ERASE_LINE = "\r\x1b[K";

/** A step that did not show what it should. */
export class TourFailure extends Error {}

/** Tells the story. */
export class TourStage {
  readonly #runtime: Runtime;
  #step = 0;
  #hurries = false;
  /** A line of progress stands on the terminal. */
  #drawn = false;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  print(text: string): void {
    const over = this.#drawn ? ERASE_LINE : "";
    this.#drawn = false;
    this.#runtime.process.print("stdout", over + text);
  }

  say(line: string): void {
    this.print(`${line}\n`);
  }

  /** Begins the next step. */
  async step(title: string): Promise<void> {
    if (this.#step > 0) await this.rest();
    this.say(`\n${++this.#step}. ${title}.`);
  }

  /** From now on nobody waits between the steps. */
  hurry(): void {
    this.#hurries = true;
  }

  /** Gives whoever reads along the time for it. */
  async rest(): Promise<void> {
    if (this.#live && !this.#hurries) await pause(REST_MS);
  }

  sent(name: string, text: string): void {
    for (const line of text.split("\r\n")) this.say(`  ${name}> ${line}`);
  }

  answered(name: string, text: string): void {
    for (const line of text.trimEnd().split("\r\n")) this.say(`  ${name}< ${line}`);
  }

  /** Draws a line over the last one, on a terminal. */
  progress(line: string): void {
    if (!this.#live) return;
    this.#runtime.process.print("stdout", ERASE_LINE + line);
    this.#drawn = true;
  }

  /** Waits until it holds; fails when it does not within a time. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const endMs = this.#runtime.now() + WAIT_MS;
    while (!await holds()) {
      if (this.#runtime.now() > endMs) {
        throw new TourFailure(`waited ${WAIT_MS / 1000} s in vain until ${what}`);
      }
      await pause(POLL_MS);
    }
  }

  /** Says where and why the tour ended; returns the exit status. */
  fail(error: unknown): number {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#drawn) this.print("\n");
    this.#runtime.process.print("stderr", `The tour ended at step ${this.#step}: ${reason}\n`);
    return 1;
  }

  get #live(): boolean {
    return this.#runtime.process.terminalColumns() !== null;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
