/** Which rows of the command tables have a transcript, and which do not. */

import type { Command } from "../../src/message/command.ts";
import type { BinaryOpcode } from "../../src/protocol/binary_codes.ts";
import { commandTitle, spokenIn } from "./spoken_commands.ts";
import { type Conversation, deviates, type Step } from "./transcript.ts";

/** The tables that transcripts must cover. */
export interface Tables {
  readonly commands: readonly Command[];
  readonly opcodes: readonly BinaryOpcode[];
}

/** The rows that no conversation speaks, as people read them. */
export function uncovered(tables: Tables, conversations: readonly Conversation[]): string[] {
  const spoken = conversations.map(spokenIn);
  const commands = tables.commands.filter((row) =>
    !spoken.some(({ commands }) => commands.has(row))
  );
  const opcodes = tables.opcodes.filter((row) => !spoken.some(({ opcodes }) => opcodes.has(row)));
  return [...commands.map(commandTitle), ...opcodes.map(({ name }) => `binary ${name}`)];
}

/** One conversation in which the proxy answers otherwise than memcached. */
export interface Deviation {
  readonly conversation: string;
  /** What the tables say of the rows that were answered so; empty when they list nothing. */
  readonly listed: readonly string[];
}

/** Every place where the proxy answers otherwise. */
export function deviationsIn(conversations: readonly Conversation[]): Deviation[] {
  return conversations.flatMap((conversation) =>
    exchangesOf(conversation).filter(deviates).map((exchange) => ({
      conversation: conversation.name,
      listed: listedOf(exchange),
    }))
  );
}

/** What is sent at a time, with all that comes back. */
function exchangesOf(conversation: Conversation): Conversation[] {
  const exchanges: Step[][] = [];
  let receives = true;
  for (const step of conversation.steps) {
    const sends = step.kind === "send";
    if (sends && receives) exchanges.push([]);
    exchanges.at(-1)?.push(step);
    receives = !sends;
  }
  return exchanges.map((steps) => ({ ...conversation, steps }));
}

function listedOf(exchange: Conversation): string[] {
  const { commands, wrongly, opcodes } = spokenIn(exchange);
  const listed = [
    ...[...new Set([...commands, ...wrongly])].map((row) => [commandTitle(row), row.deviation]),
    ...[...opcodes].map((row) => [`binary ${row.name}`, row.deviation]),
  ];
  return listed.filter(([, text]) => text !== "").map(([row, text]) => `${row}: ${text}`);
}
