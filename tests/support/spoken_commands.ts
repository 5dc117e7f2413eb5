/** Which rows of the command tables a conversation is about, and which keys: read by the parser. */

import { type Command, COMMANDS } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { type BinaryOpcode, binaryOpcode } from "../../src/protocol/binary_codes.ts";
import { ClassicRequestParser } from "../../src/protocol/classic_request_parser.ts";
import { writeRequest } from "../../src/protocol/classic_request_writer.ts";
import { Input } from "../../src/protocol/input.ts";
import { OutputBuffer } from "../../src/protocol/output_buffer.ts";
import { Parsed } from "../../src/protocol/request_parser.ts";
import { toBytes, toText } from "./latin1.ts";
import type { Conversation } from "./transcript.ts";

const NO_STREAMS = { lineBytes: 2048, getLineBytes: 1 << 20, streamBytes: 1 << 30 };
const MADE_BY_US = "made by the proxy";

/** What a conversation speaks. */
export interface Spoken {
  readonly commands: ReadonlySet<Command>;
  /** Of lines that are wrong: these are no proof that the command works. */
  readonly wrongly: ReadonlySet<Command>;
  readonly opcodes: ReadonlySet<BinaryOpcode>;
  /** As servers store them. */
  readonly keys: ReadonlySet<string>;
}

/** Reads what the client sends in a conversation, and what the proxy must send of its own. */
export function spokenIn(conversation: Conversation): Spoken {
  const spoken = {
    commands: new Set<Command>(),
    wrongly: new Set<Command>(),
    opcodes: new Set<BinaryOpcode>(),
    keys: new Set<string>(),
  };
  const sent = conversation.steps.filter(({ kind }) => kind === "send");
  if (conversation.tongue === "text") {
    readText(sent.map(({ text }) => text).join("").replaceAll(/\{cas:\w+\}/g, "1"), spoken);
  }
  for (const { opcode, key } of sent) {
    const row = opcode === null ? null : binaryOpcode(opcode);
    if (row !== null) spoken.opcodes.add(row);
    if (row !== null && key !== "" && row.kind.shape !== "stat") spoken.keys.add(key);
  }
  for (const { kind, text } of conversation.steps) {
    const own = kind === "main receives" ? ownCommand(text) : undefined;
    if (own !== undefined) spoken.commands.add(own);
  }
  return spoken;
}

/** A row by name and variant, as people read it. */
export function commandTitle({ name, variant }: Command): string {
  return variant === "" ? name : `${name} (${variant})`;
}

function readText(
  text: string,
  spoken: { commands: Set<Command>; wrongly: Set<Command>; keys: Set<string> },
): void {
  const parser = new ClassicRequestParser(NO_STREAMS);
  const input = new Input();
  const request = new Request();
  input.append(toBytes(text));
  while (true) {
    const parsed = parser.next(input, request);
    if (parsed === Parsed.More || parsed === Parsed.Close) return;
    const { command } = request;
    if (parsed === Parsed.Answer) {
      spoken.wrongly.add(command);
      continue;
    }
    spoken.commands.add(command);
    if (command.scope === "key") spoken.keys.add(request.keyText());
  }
}

/** The row that the proxy writes like this, among those that no client can ask for. */
function ownCommand(line: string): Command | undefined {
  const key = toBytes(line.split(" ")[1]);
  return COMMANDS.filter(({ variant }) => variant.startsWith(MADE_BY_US)).find((row) => {
    const out = new OutputBuffer();
    writeRequest(out, new Request().make(row, key, 0, key.length));
    return toText(out.view()).startsWith(line);
  });
}
