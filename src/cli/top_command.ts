/**
 * `magent top`: a live view of a proxy, drawn over itself until q or Ctrl-C.
 *
 *   sample, once an interval ─ terminal ──> frame over the last frame, until a key ends it
 *                            └ else, --once ──> one frame, made of two samples
 */

import { InvalidValue } from "../config/invalid_value.ts";
import { parseInteger } from "../config/parse_number.ts";
import type { Runtime } from "../runtime/runtime.ts";
import {
  ASKED_CONTROL_FLAG,
  type AskedAddress,
  askedAddress,
  type AskedSettings,
} from "./asked_address.ts";
import type { FlagGroup } from "./flag.ts";
import { LineClient } from "./line_client.ts";
import { applyFlags, readFlags } from "./read_flags.ts";
import type { Program, Subcommand } from "./subcommand.ts";
import { topFrame } from "./top_frame.ts";
import { takeSample, type TopSample } from "./top_sample.ts";

interface TopSettings extends AskedSettings {
  once: boolean;
  intervalMs: number;
}

const INTERVAL_MS = 1000;
const INTERVAL_MAX_MS = 3_600_000;
/** Cursor to the beginning of the line above; from here to the end of the screen is blank. */
const LINE_UP = "\x1b[F";
const ERASE_BELOW = "\x1b[J";
const QUIT_KEYS: readonly string[] = ["q", "Q", "\x03", "\x04"];

const FLAGS: readonly FlagGroup<TopSettings>[] = [{
  heading: "Flags",
  flags: [
    ASKED_CONTROL_FLAG,
    {
      names: ["once"],
      help: "print one frame and exit; so it is wherever there is no terminal",
      set: (settings) => settings.once = true,
    },
    {
      names: ["interval"],
      value: "MS",
      help: "time between two looks",
      defaultText: String(INTERVAL_MS),
      set: (settings, value) =>
        settings.intervalMs = parseInteger(value, {
          name: "interval",
          min: 10,
          max: INTERVAL_MAX_MS,
        }),
    },
  ],
}];

/** The subcommand. */
export const TOP_SUBCOMMAND: Subcommand = {
  name: "top",
  summary: "a live view: servers, states, rates, hit rate, latency",
  forms: ["[HOST[:PORT]] [--interval MS] [--once]", "--control PATH [--interval MS] [--once]"],
  description: [
    "Asks 127.0.0.1:11211 unless an address is given; a plain memcached can be watched too. " +
    "q or Ctrl-C ends it. Through the control socket the servers are not asked for each " +
    "frame, only the proxy is.",
    "P50 and P99 are how long the server took of late to answer half of its requests, and " +
    "all but one in a hundred.",
  ],
  flags: FLAGS,
  examples: ["magent top 127.0.0.1:12000", "magent top --control /run/magent.ctl --once"],
  run: async (args, { runtime }: Program) => {
    const read = readFlags(args, FLAGS);
    const settings: TopSettings = { control: null, once: false, intervalMs: INTERVAL_MS };
    applyFlags(settings, read, FLAGS);
    const [word, ...more] = read.positionals;
    if (more.length > 0) {
      throw new InvalidValue(`Cannot use argument "${more[0]}": one address at a time`);
    }
    return await new TopView(runtime, askedAddress(word, settings), settings).run();
  },
};

/** Owned by: one run of `magent top`. Owns: its connection. */
class TopView {
  readonly #runtime: Runtime;
  readonly #asked: AskedAddress;
  readonly #settings: TopSettings;
  readonly #quit = Promise.withResolvers<"quit">();
  #client: LineClient | null = null;
  #drawn = 0;

  constructor(runtime: Runtime, asked: AskedAddress, settings: TopSettings) {
    this.#runtime = runtime;
    this.#asked = asked;
    this.#settings = settings;
  }

  async run(): Promise<number> {
    const { process } = this.#runtime;
    const live = !this.#settings.once && process.terminalColumns() !== null;
    const release = live ? process.onKey((key) => this.#press(key)) : null;
    if (release !== null && process.unixLike) {
      // The terminal is to have its keys back.
      process.onSignal("SIGTERM", () => this.#quit.resolve("quit"));
    }
    try {
      return live ? await this.#watch() : await this.#printOnce();
    } catch (error) {
      process.print("stderr", `${this.#complaint(error)}\n`);
      return 1;
    } finally {
      release?.();
      this.#client?.close();
    }
  }

  #press(key: string): void {
    if (QUIT_KEYS.includes(key)) this.#quit.resolve("quit");
  }

  async #printOnce(): Promise<number> {
    const before = await this.#sample();
    await this.#pause();
    const now = await this.#sample();
    const lines = topFrame(this.#asked.name, { before, now });
    this.#runtime.process.print("stdout", lines.map((line) => `${line}\n`).join(""));
    return 0;
  }

  /** Whoever never answered is an error; whoever did is asked again until the operator ends it. */
  async #watch(): Promise<number> {
    let before: TopSample | null = null;
    let now = await this.#sample();
    this.#draw(topFrame(this.#asked.name, { before, now }));
    while (await this.#pause() !== "quit") {
      try {
        before = now;
        now = await this.#sample();
        this.#draw(topFrame(this.#asked.name, { before, now }));
      } catch (error) {
        this.#client?.close();
        this.#client = null;
        this.#draw([`${this.#complaint(error)}; trying again`]);
      }
    }
    return 0;
  }

  async #sample(): Promise<TopSample> {
    this.#client ??= await LineClient.connect(this.#runtime, this.#asked.address);
    return await takeSample(this.#client, () => this.#runtime.now());
  }

  async #pause(): Promise<"quit" | "next"> {
    const next = Promise.withResolvers<"next">();
    const timer = setTimeout(() => next.resolve("next"), this.#settings.intervalMs);
    const which = await Promise.race([this.#quit.promise, next.promise]);
    clearTimeout(timer);
    return which;
  }

  #draw(lines: readonly string[]): void {
    const { process } = this.#runtime;
    // The window may have been made smaller; a line that wraps could not be drawn over.
    const columns = process.terminalColumns() ?? Infinity;
    const shown = lines.slice(0, (process.terminalRows() ?? Infinity) - 1);
    const over = this.#drawn === 0 ? "" : LINE_UP.repeat(this.#drawn) + ERASE_BELOW;
    this.#drawn = shown.length;
    const text = shown.map((line) => `${line.slice(0, columns)}\n`).join("");
    process.print("stdout", over + text);
  }

  #complaint(error: unknown): string {
    const reason = error instanceof Error ? error.message : String(error);
    return `Cannot ask "${this.#asked.name}": ${reason}`;
  }
}
