/**
 * The table of what is supported, as the README has it: made from the command table and the
 * opcode table, so that it cannot say anything else than the code.
 *
 *   deno run -A scripts/support_table.ts            prints it
 *   deno run -A scripts/support_table.ts --write    puts it into the README
 */

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { type Command, COMMANDS, GATS } from "../src/message/command.ts";
import {
  BINARY_OPCODES,
  type BinaryKind,
  type BinaryOpcode,
} from "../src/protocol/binary_codes.ts";
import { withBlock } from "./readme_block.ts";

const README = new URL("../README.md", import.meta.url);
const MADE_BY_US = "made by the proxy";
const META_ONLY = "before servers without meta commands: ERROR";

/** What binary requests lose before servers without meta commands. */
const WITHOUT_META: Readonly<Partial<Record<BinaryKind["shape"], string>>> = {
  store: "the answer has no cas number",
  join: "the answer has no cas number; with one in the request: status 0x83",
  delete: "with a cas number: status 0x83",
  arithmetic: "the answer has no cas number; to create or to compare: status 0x83",
  touch: "the answer has neither flags nor cas number",
};

interface Row {
  readonly command: string;
  readonly protocol: string;
  readonly supported: string;
  readonly notes: readonly string[];
}

/** The table with its notes, in Markdown. */
export function supportTable(): string {
  const rows = [...textRows(), ...binaryRows()];
  const notes = [...new Set(rows.flatMap((row) => row.notes))];
  const lines = rows.map((row) => {
    const numbers = row.notes.map((note) => notes.indexOf(note) + 1).sort((a, b) => a - b);
    return `| ${row.command} | ${row.protocol} | ${row.supported} | ${numbers.join(", ")} |`;
  });
  return [
    "| command | protocol | supported | note |",
    "| --- | --- | --- | --- |",
    ...lines,
    "",
    ...notes.map((note, index) => `${index + 1}. ${note}`),
  ].join("\n");
}

/** A document with the table of now between its markers. */
export function withTable(document: string): string {
  return withBlock(document, {
    name: "support table",
    madeBy: "scripts/support_table.ts",
    content: supportTable(),
  });
}

/** Variants of a name are one row: users do not know our variants. */
function textRows(): Row[] {
  const commands = COMMANDS.filter(({ variant }) => !variant.startsWith(MADE_BY_US));
  return [...grouped(commands, ({ name }) => name)].map(([name, rows]) => {
    const meta = isMeta(rows[0]);
    const notes = rows.map(({ deviation }) => deviation).filter((text) => text !== "");
    if (meta && name !== "mn") notes.push(META_ONLY);
    return {
      command: `\`${name}\``,
      protocol: meta ? "meta" : "classic",
      supported: supportOf(rows[0]),
      notes: [...new Set(notes)],
    };
  });
}

/** Opcodes that differ only in what they return are one row. */
function binaryRows(): Row[] {
  return [...grouped(BINARY_OPCODES, ({ kind }) => kind)].map(([kind, rows]) => {
    const notes = rows.flatMap(({ deviation }) => deviation === "" ? [] : deviation.split("; "));
    // `gats` tells all that there is to tell of a GAT.
    const lost = kind.command === GATS ? undefined : WITHOUT_META[kind.shape];
    if (lost !== undefined) notes.push(`before servers without meta commands: ${lost}`);
    const refused = kind.shape === "refused";
    if (refused) notes.push("answered as by a memcached that was started without SASL");
    return {
      command: rows.map(titleOf).join(", "),
      protocol: "binary",
      supported: refused ? "no" : "yes",
      notes: [...new Set(notes)],
    };
  });
}

function titleOf({ name, code }: BinaryOpcode): string {
  return `\`${name}\` 0x${code.toString(16).padStart(2, "0")}`;
}

function isMeta({ name, shape }: Command): boolean {
  return shape.startsWith("meta") || name === "mn";
}

function supportOf({ shape, deviation }: Command): string {
  if (shape !== "admin") return "yes";
  return deviation.includes("--admin-commands") ? "with `--admin-commands`" : "no";
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...groups.get(key) ?? [], item]);
  }
  return groups;
}

if (import.meta.main) {
  if (process.argv.includes("--write")) {
    writeFileSync(README, withTable(readFileSync(README, "utf8")));
  } else {
    console.log(supportTable());
  }
}
