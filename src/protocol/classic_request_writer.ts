/** Requests → bytes for a server, in classic text and meta. */

import type { Command } from "../message/command.ts";
import { isPlainKey } from "../message/key.ts";
import { type Request, SAME_CAS } from "../message/request.ts";
import { encodeBase64 } from "./base64.ts";
import { appendServerCas } from "./cas_token.ts";
import type { OutputBuffer } from "./output_buffer.ts";

const BLANK = 0x20;
const CR = 0x0d;
const LF = 0x0a;

/** A placeholder of ours that nobody fills is gone after this, seconds. */
const LEASE_SECONDS = 30;

/** Begins a retrieval line that further keys may join; `closeLine` ends it. */
export function openRetrieval(out: OutputBuffer, command: Command): void {
  out.appendAll(command.nameBytes);
}

/** Adds one key to an open retrieval line. */
export function joinRetrieval(out: OutputBuffer, request: Request): void {
  out.appendByte(BLANK);
  out.append(request.keyBytes, request.keyStart, request.keyEnd);
}

/** Ends a line. */
export function closeLine(out: OutputBuffer): void {
  out.appendByte(CR);
  out.appendByte(LF);
}

/** Writes one whole request, without `noreply` and `q`; of a large one only the line. */
export function writeRequest(out: OutputBuffer, request: Request): void {
  if (request.made) {
    writeMade(out, request);
  } else if (request.command.retrieves) {
    writeOneKey(out, request);
  } else {
    writeLine(out, request);
    closeLine(out);
  }
  if (request.body === null && hasValue(request.command)) {
    out.append(request.valueBytes, request.valueStart, request.valueEnd);
    closeLine(out);
  }
}

/** The line as it came, without what stays on our side, and without its end. */
function writeLine(out: OutputBuffer, request: Request): void {
  if (request.dropsLease) {
    writeWithoutLease(out, request);
  } else if (request.serverCas !== SAME_CAS) {
    writePart(out, request, request.lineStart, request.casStart);
    appendServerCas(out, request.serverCas);
    writePart(out, request, request.casEnd, request.lineEnd);
  } else {
    writePart(out, request, request.lineStart, request.lineEnd);
  }
}

/** A part of the line, without what stays on our side. */
function writePart(out: OutputBuffer, request: Request, start: number, end: number): void {
  const { bytes, omitStart, omitEnd } = request;
  if (omitStart === omitEnd || omitEnd <= start || omitStart >= end) {
    return out.append(bytes, start, end);
  }
  out.append(bytes, start, omitStart);
  out.append(bytes, omitEnd, end);
}

/** The words of an `mg` line but for `q` and the flags that ask for a lease: N, R, E. */
function writeWithoutLease(out: OutputBuffer, request: Request): void {
  const { bytes, lineStart, lineEnd } = request;
  const words = new TextDecoder("latin1").decode(bytes.subarray(lineStart, lineEnd)).split(" ");
  const [command, key, ...flags] = words.filter((word) => word !== "");
  const kept = flags.filter((flag) => !"NREq".includes(flag[0]));
  out.appendText([command, key, ...kept].join(" "));
}

/** One key of a line that may have named several. */
function writeOneKey(out: OutputBuffer, request: Request): void {
  openRetrieval(out, request.command);
  if (request.command.shape === "gat") out.appendText(` ${request.exptime}`);
  joinRetrieval(out, request);
  closeLine(out);
}

function writeMade(out: OutputBuffer, request: Request): void {
  const { command, body } = request;
  if (command.retrieves) return writeOneKey(out, request);
  out.appendAll(command.nameBytes);
  const plain = isPlainKey(request.keyBytes, request.keyStart, request.keyEnd);
  if (command.scope === "key") {
    if (plain) joinRetrieval(out, request);
    else out.appendText(` ${encodeBase64(request.keyBytes, request.keyStart, request.keyEnd)}`);
  }
  const length = body === null ? request.valueLength : body.left - 2;
  out.appendText(argumentsOf(request, length));
  if (!plain && command.meta) out.appendText(" b");
  closeLine(out);
}

/** What follows the key, by the shape of the command. */
function argumentsOf(request: Request, length: number): string {
  const { flags, exptime, cas, delta } = request;
  switch (request.command.shape) {
    case "store":
      return ` ${flags} ${exptime} ${length}`;
    case "cas":
      return ` ${flags} ${exptime} ${length} ${cas}`;
    case "arithmetic":
      return ` ${delta}`;
    case "touch":
      return ` ${exptime}`;
    case "metaSet":
      return ` ${length} F${flags} T${exptime}${cas === "" ? "" : ` C${cas}`}`;
    case "metaDelete":
      return cas === "" ? "" : ` C${cas}`;
    case "metaLease":
      return ` c N${LEASE_SECONDS}`;
    case "metaGet":
      return ` T${exptime}`;
    case "fetch":
      return " v f t c";
    case "metaLook":
      return " f t c";
    case "metaStale":
      return " I";
    case "metaAdd":
      return ` ${length} c ME F${flags} T${exptime}`;
    default:
      return "";
  }
}

function hasValue(command: Command): boolean {
  const { shape } = command;
  return shape === "store" || shape === "cas" || shape === "metaSet" || shape === "metaAdd";
}
