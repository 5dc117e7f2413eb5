/**
 * Reads the names of all keys of one server, or of a part of it: `lru_crawler
 * metadump`, over a socket of its own.
 *
 * The dump is read without waiting for what it is for, because servers stumble over slow
 * readers (`CrawlerSleep`); what is wanted of it is kept in memory, up to a limit. Clients
 * have their turn in between.
 */

import { SilenceTimer } from "../backend/silence_timer.ts";
import { Input } from "../protocol/input.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Address, Runtime } from "../runtime/runtime.ts";
import { DumpLine } from "./dump_line.ts";

const LF = 0x0a;
/** A server that says nothing for so long has gone, ms. */
const SILENCE_MS = 10_000;
/** So long at a time names are read before clients have their turn, ms. */
const TURN_MS = 1;
/** And so long that turn is. */
const PAUSE_MS = 4;
/** The clock is read after so many names: a chunk may hold thousands. */
const LINES_TOGETHER = 256;

/** One key of a dump; borrowed until the next. */
export interface DumpedKey {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Unix time of its last use. */
  readonly lastUse: number;
  /** What it takes on its server, 0 when that is not known. */
  readonly itemBytes: number;
}

/** Why a dump ended early; `busy` is worth another try. */
export type DumpEnd = "complete" | "busy" | "refused" | "lost";

/** What is dumped, and who is told. */
export interface DumpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly each: (key: DumpedKey) => void;
  /** Nobody wants the rest. */
  readonly stopped: () => boolean;
  /** `hash`, `all`, or a slab class. */
  readonly part: string;
}

/** Calls `each` for every key. */
export async function readDump(
  runtime: Pick<Runtime, "connect">,
  address: Address,
  options: DumpOptions,
): Promise<DumpEnd> {
  const { clock, part } = options;
  const gone = new AbortController();
  const silence = new SilenceTimer(clock, SILENCE_MS, {
    debt: () => "owed",
    expired: () => gone.abort(),
  });
  silence.progressMs = clock.now();
  silence.watch();
  const signal = AbortSignal.any([options.signal, gone.signal]);
  try {
    const socket = await runtime.connect(address, signal);
    const stop = () => socket.close();
    signal.addEventListener("abort", stop);
    try {
      const writer = socket.writable.getWriter();
      writer.closed.catch(() => {});
      await writer.write(new TextEncoder().encode(`lru_crawler metadump ${part}\r\n`));
      return await readLines(socket.readable.getReader(), options, silence);
    } finally {
      signal.removeEventListener("abort", stop);
      socket.close();
    }
  } catch {
    return "lost";
  } finally {
    silence.cancel();
  }
}

async function readLines(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { clock, each, stopped }: DumpOptions,
  silence: SilenceTimer,
): Promise<DumpEnd> {
  const input = new Input();
  const line = new DumpLine();
  let workedMs = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done || stopped()) return "lost";
    silence.progressMs = clock.now();
    input.append(value);
    for (let end: Taken = "more"; end === "more";) {
      const startMs = clock.now();
      end = takeLines(input, line, each);
      if (end !== "more" && end !== "all") return end;
      workedMs += clock.now() - startMs;
      if (workedMs < TURN_MS) continue;
      workedMs = 0;
      // What is there already is read within one turn, however much it is.
      await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
    }
    input.keep();
  }
}

/** `all`: the rest of the dump is still to come. */
type Taken = DumpEnd | "more" | "all";

function takeLines(input: Input, line: DumpLine, each: (key: DumpedKey) => void): Taken {
  const { bytes, end } = input;
  for (let lines = 0; lines < LINES_TOGETHER; lines++) {
    const from = input.pos;
    let newline = from;
    while (newline < end && bytes[newline] !== LF) newline++;
    if (newline === end) return "all";
    input.pos = newline + 1;
    const word = line.read(bytes, from, newline);
    if (word === "key") each(line);
    else if (word !== "nothing") return word;
  }
  return "more";
}
