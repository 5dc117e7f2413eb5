/**
 * The flags of a meta command from a client: what the proxy must know of them.
 * All of them go on to the server as they came, but for `q`: servers are always
 * asked to answer.
 *
 * Flags are not checked here. A line that memcached refuses reaches a server,
 * which refuses it in its own words.
 */

import {
  MD,
  MD_DECIDED,
  MG,
  MG_LEASE,
  MG_TOUCH,
  MS,
  MS_DECIDED,
  MS_STALE,
} from "../message/command.ts";
import type { Request } from "../message/request.ts";
import { decodeBase64 } from "./base64.ts";
import { OutputBuffer } from "./output_buffer.ts";
import { readSigned32, readUnsigned32, type Tokens } from "./tokens.ts";

const BLANK = 0x20;
const letter = (text: string): number => text.charCodeAt(0);

const A_BINARY_KEY = letter("b");
const C_CAS = letter("C");
const E_CAS = letter("E");
const F_FLAGS = letter("F");
const I_INVALIDATE = letter("I");
const K_KEY = letter("k");
const M_MODE = letter("M");
const N_VIVIFY = letter("N");
const O_OPAQUE = letter("O");
const Q_QUIET = letter("q");
const R_RECACHE = letter("R");
const S_SET = letter("S");
const T_EXPTIME = letter("T");

/** Reads the flags from word `first` on into the request, and finds its variant of the command. */
export function readMetaFlags(request: Request, tokens: Tokens, first: number): void {
  const { bytes } = request;
  let lease = false;
  let touches = false;
  let decided = false;
  let stale = false;
  let echoes = false;
  let quiets = 0;
  let binaryKey = false;
  for (let word = first; word < tokens.count; word++) {
    const start = tokens.starts[word];
    const end = tokens.ends[word];
    switch (bytes[start]) {
      case N_VIVIFY:
      case R_RECACHE:
      case E_CAS:
        lease = true;
        break;
      case T_EXPTIME:
        touches = true;
        request.exptime = readSigned32(bytes, start + 1, end) ?? 0;
        break;
      case F_FLAGS:
        request.flags = readUnsigned32(bytes, start + 1, end) ?? 0;
        break;
      case C_CAS:
        decided = true;
        request.casStart = start + 1;
        request.casEnd = end;
        break;
      case I_INVALIDATE:
        stale = true;
        break;
      case M_MODE:
        decided ||= bytes[start + 1] !== S_SET;
        break;
      case O_OPAQUE:
      case K_KEY:
        echoes = true;
        break;
      case A_BINARY_KEY:
        binaryKey = true;
        break;
      case Q_QUIET:
        quiets++;
        request.omitStart = start - 1;
        request.omitEnd = end;
        break;
    }
  }
  noteQuiet(request, quiets);
  if (echoes) request.echo = echoOf(request, tokens, { first, binaryKey });
  if (binaryKey) decodeKey(request);
  request.command = variantOf(request, { lease, touches, decided, stale });
}

/** A doubled `q` is an error that the server must see. */
function noteQuiet(request: Request, quiets: number): void {
  request.quiet = quiets === 1;
  if (quiets !== 1) request.omitStart = request.omitEnd = 0;
}

function variantOf(
  request: Request,
  seen: { lease: boolean; touches: boolean; decided: boolean; stale: boolean },
): Request["command"] {
  switch (request.command) {
    case MG:
      if (seen.lease) return MG_LEASE;
      return seen.touches ? MG_TOUCH : MG;
    case MS:
      if (seen.stale) return MS_STALE;
      return seen.decided ? MS_DECIDED : MS;
    case MD:
      return seen.decided ? MD_DECIDED : MD;
    default:
      return request.command;
  }
}

/** Routes see the key as servers store it. What does not decode stays; the server says so. */
export function decodeKey(request: Request): void {
  const key = decodeBase64(request.bytes, request.keyStart, request.keyEnd);
  if (key === null) return;
  request.keyBytes = key;
  request.keyStart = 0;
  request.keyEnd = key.length;
}

/** What memcached would repeat on a miss: opaque and key, in the order of the line. */
function echoOf(
  request: Request,
  tokens: Tokens,
  flags: { first: number; binaryKey: boolean },
): Uint8Array {
  const { bytes } = request;
  const echo = new OutputBuffer();
  for (let word = flags.first; word < tokens.count; word++) {
    const start = tokens.starts[word];
    if (bytes[start] === O_OPAQUE) {
      echo.appendByte(BLANK);
      echo.append(bytes, start, tokens.ends[word]);
    } else if (bytes[start] === K_KEY) {
      echo.appendText(" k");
      echo.append(bytes, request.keyStart, request.keyEnd);
      if (flags.binaryKey) echo.appendText(" b");
    }
  }
  return echo.view();
}
