/** A value as a classic client gets it, when it was asked of the server in meta. */

import type { Command } from "../message/command.ts";
import { Reply, ReplyStatus } from "../message/reply.ts";
import { OutputBuffer } from "./output_buffer.ts";

const LINE_END = new Uint8Array([0x0d, 0x0a]);

/** The `VALUE` line of a meta answer, for `get` or, with the cas number, `gets`. */
function valueLine(command: Command, key: string, reply: Reply): string {
  const length = reply.valueEnd - reply.valueStart;
  const cas = String.fromCharCode(...reply.bytes.subarray(reply.casStart, reply.casEnd));
  return `VALUE ${key} ${reply.flags} ${length}${command.name === "gets" ? ` ${cas}` : ""}\r\n`;
}

/** The reply to a `get` or `gets` of `key`, from a meta answer with `v f c`; owns its bytes. */
export function classicValue(command: Command, key: string, reply: Reply): Reply {
  const out = new OutputBuffer();
  const line = valueLine(command, key, reply);
  out.appendText(line);
  out.append(reply.bytes, reply.valueStart, reply.valueEnd);
  out.appendAll(LINE_END);
  return classicHit(out, reply, { line, command });
}

/** The head of a large value, which is still to come. */
export function classicHead(command: Command, key: string, reply: Reply): Reply {
  const out = new OutputBuffer();
  const line = valueLine(command, key, reply);
  out.appendText(line);
  const head = classicHit(out, reply, { line, command });
  head.valueEnd = head.valueStart + reply.valueEnd - reply.valueStart;
  return head;
}

function classicHit(
  out: OutputBuffer,
  from: Reply,
  parts: { line: string; command: Command },
): Reply {
  const reply = new Reply();
  reply.status = ReplyStatus.Hit;
  reply.bytes = out.bytes;
  reply.end = out.length;
  reply.flags = from.flags;
  reply.generation = from.generation;
  reply.valueStart = parts.line.length;
  reply.valueEnd = out.length - LINE_END.length;
  reply.casEnd = parts.line.length - LINE_END.length;
  reply.casStart = reply.casEnd - (from.casEnd - from.casStart);
  if (parts.command.name !== "gets") reply.casStart = reply.casEnd;
  return reply;
}
