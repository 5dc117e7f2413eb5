/** Requests → bytes for a server, in classic text and the one meta command of our fetches. */

import type { Command } from "../message/command.ts";
import type { Request } from "../message/request.ts";
import type { OutputBuffer } from "./output_buffer.ts";

const BLANK = 0x20;
const CR = 0x0d;
const LF = 0x0a;

const FETCH_FLAGS = new TextEncoder().encode(" v f t");

/** Begins a retrieval line that further keys may join; `closeLine` ends it. */
export function openRetrieval(out: OutputBuffer, command: Command): void {
  out.appendAll(command.nameBytes);
}

/** Adds one key to an open retrieval line. */
export function joinRetrieval(out: OutputBuffer, request: Request): void {
  out.appendByte(BLANK);
  out.append(request.bytes, request.keyStart, request.keyEnd);
}

/** Ends a line. */
export function closeLine(out: OutputBuffer): void {
  out.appendByte(CR);
  out.appendByte(LF);
}

/** Writes one whole request, without `noreply`; of a large one only the line. */
export function writeRequest(out: OutputBuffer, request: Request): void {
  if (request.made) {
    writeMade(out, request);
    return;
  }
  if (request.command.shape === "get" || request.command.shape === "gat") {
    writeOneKey(out, request);
    return;
  }
  if (request.omitEnd > request.omitStart) {
    out.append(request.bytes, request.lineStart, request.omitStart);
    out.append(request.bytes, request.omitEnd, request.lineEnd);
  } else {
    out.append(request.bytes, request.lineStart, request.lineEnd);
  }
  closeLine(out);
  if (request.body === null && isStorage(request.command)) writeValue(out, request);
}

/** One key of a line that may have named several. */
function writeOneKey(out: OutputBuffer, request: Request): void {
  openRetrieval(out, request.command);
  if (request.command.shape === "gat") out.appendText(` ${request.exptime}`);
  joinRetrieval(out, request);
  closeLine(out);
}

function writeMade(out: OutputBuffer, request: Request): void {
  const { command } = request;
  out.appendAll(command.nameBytes);
  if (command.scope === "key") joinRetrieval(out, request);
  if (command.shape === "fetch") out.appendAll(FETCH_FLAGS);
  if (command.shape === "touch") out.appendText(` ${request.exptime}`);
  if (command.shape === "store") {
    out.appendText(` ${request.flags} ${request.exptime} ${request.valueLength}`);
  }
  closeLine(out);
  if (command.shape === "store") writeValue(out, request);
}

function writeValue(out: OutputBuffer, request: Request): void {
  out.append(request.valueBytes, request.valueStart, request.valueEnd);
  closeLine(out);
}

function isStorage(command: Command): boolean {
  return command.shape === "store" || command.shape === "cas";
}
