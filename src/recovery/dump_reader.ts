/**
 * Reads the names of all keys of one server, or of a part of it: `lru_crawler
 * metadump`, over a socket of its own.
 *
 * The dump is read without pause, because old servers stumble over slow readers;
 * what is wanted of it is kept in memory, up to a limit.
 */

import { SilenceTimer } from "../backend/silence_timer.ts";
import { Input } from "../protocol/input.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Address, Runtime } from "../runtime/runtime.ts";

const LF = 0x0a;
/** A server that says nothing for so long has gone, ms. */
const SILENCE_MS = 10_000;

/** One key of a dump. */
export interface DumpedKey {
  readonly key: Uint8Array;
  /** Unix time of its last use. */
  readonly lastUse: number;
}

/** Why a dump ended early; `busy` is worth another try. */
export type DumpEnd = "complete" | "busy" | "refused" | "lost";

/** What is dumped, and who is told. */
export interface DumpOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly each: (key: DumpedKey) => void;
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
  { clock, each }: DumpOptions,
  silence: SilenceTimer,
): Promise<DumpEnd> {
  const input = new Input();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return "lost";
    silence.progressMs = clock.now();
    input.append(value);
    const end = takeLines(input, each);
    if (end !== null) return end;
    input.keep();
  }
}

function takeLines(input: Input, each: (key: DumpedKey) => void): DumpEnd | null {
  for (;;) {
    const newline = input.bytes.indexOf(LF, input.pos);
    if (newline < 0 || newline >= input.end) return null;
    const line = String.fromCharCode(...input.bytes.subarray(input.pos, newline)).trimEnd();
    input.pos = newline + 1;
    if (line === "END") return "complete";
    if (line.startsWith("BUSY")) return "busy";
    const match = /^key=(\S+) exp=-?\d+ la=(\d+) /.exec(`${line} `);
    if (match !== null) each({ key: decodeKey(match[1]), lastUse: Number(match[2]) });
    else if (line !== "OK" && line !== "") return "refused";
  }
}

/** Keys are written URI-encoded, byte by byte. */
function decodeKey(text: string): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "%") {
      bytes.push(parseInt(text.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(text.charCodeAt(at));
    }
  }
  return Uint8Array.from(bytes);
}
