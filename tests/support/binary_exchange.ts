/**
 * One binary packet answered twice by the same memcached: as it is, and as the
 * text that the parser makes of it, whose answer the writer makes packets of.
 */

import { Reply, ReplyStatus } from "../../src/message/reply.ts";
import { Request } from "../../src/message/request.ts";
import { BinaryReplyWriter } from "../../src/protocol/binary_reply_writer.ts";
import { BinaryRequestParser } from "../../src/protocol/binary_request_parser.ts";
import { Answer, ClassicReplyParser } from "../../src/protocol/classic_reply_parser.ts";
import { writeRequest } from "../../src/protocol/classic_request_writer.ts";
import { Input } from "../../src/protocol/input.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import type { ReplyTag } from "../../src/protocol/reply_writer.ts";
import { Parsed } from "../../src/protocol/request_parser.ts";
import { withoutMeta } from "../../src/protocol/without_meta.ts";
import { packet } from "./binary_packets.ts";
import { toBytes, toText } from "./latin1.ts";
import type { TextClient } from "./text_client.ts";

const STREAM_BYTES = 4 << 20;
const LIMITS = { lineBytes: 2048, getLineBytes: 1 << 20, streamBytes: STREAM_BYTES };
const NOOP = 0x0a;

/** How a server is asked: in meta, or as one that has none. */
export type Dialect = "meta" | "classic";

/** What the server itself says to a packet, up to a NOOP or its closing. */
export async function askedDirectly(client: TextClient, request: Uint8Array): Promise<string> {
  const mark = toText(packet(NOOP, { magic: 0x81, opaque: 0x0f0f0f0f }));
  client.send(request);
  client.send(packet(NOOP, { opaque: 0x0f0f0f0f }));
  try {
    const answer = await client.readThrough(mark);
    return answer.slice(0, -mark.length);
  } catch (error) {
    if (!client.closed) throw error;
    return await client.readToEnd();
  }
}

/** What a client of the proxy gets for a packet; null where that dialect cannot do it. */
export async function askedThrough(
  client: TextClient,
  bytes: Uint8Array,
  dialect: Dialect,
): Promise<string | null> {
  const request = new Request();
  const input = new Input();
  const parser = new BinaryRequestParser(LIMITS);
  input.append(bytes);
  if (parser.next(input, request) !== Parsed.Request) return toText(parser.answer);
  const asked = dialect === "meta" ? request : withoutMeta(request, new Request());
  if (asked === null) return null;
  const line = new OutputBuffer();
  writeRequest(line, asked);
  client.send(line.view().slice());
  const out = new OutputBuffer();
  const writer = new BinaryReplyWriter(false);
  if (request.command.scope === "proxy") {
    writer.writeLocal(out, tagOf(request), toBytes(await localText(client, request)));
  } else {
    writer.write(out, tagOf(request), await readReply(client));
  }
  return toText(out.view());
}

/** As the session keeps it. */
export function tagOf(request: Request): ReplyTag {
  const { command, silent, quiet, last, echo, opcode, opaque } = request;
  const key = request.keyBytes.slice(request.keyStart, request.keyEnd);
  return { command, silent, quiet, last, echo, opcode, opaque, key };
}

/** The text that the proxy would give itself; here the server's. */
async function localText(client: TextClient, request: Request): Promise<string> {
  if (request.command.name !== "stats") return await client.readThrough("\r\n");
  client.send("mn\r\n");
  return (await client.readThrough("MN\r\n")).slice(0, -"MN\r\n".length);
}

/** Reads one reply; `END` alone is a miss, behind a value it belongs to it. */
async function readReply(client: TextClient): Promise<Reply> {
  const parser = new ClassicReplyParser(STREAM_BYTES);
  const input = new Input();
  const reply = new Reply();
  for (;;) {
    input.append(toBytes(await client.readBytes(1)));
    switch (parser.next(input, reply)) {
      case Answer.More:
        input.keep();
        continue;
      case Answer.End:
        reply.status = ReplyStatus.Miss;
        return reply;
      case Answer.Value:
        if (!reply.meta) await client.readExactly("END\r\n");
        return reply;
      case Answer.Line:
        return reply;
      default:
        throw new Error(`no reply: ${toText(input.bytes)}`);
    }
  }
}
