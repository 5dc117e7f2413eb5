/**
 * The flags and subcommands, as the README has them: what `magent --help` prints.
 *
 *   deno run -A scripts/flag_reference.ts            prints it
 *   deno run -A scripts/flag_reference.ts --write    puts it into the README
 */

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { FLAG_TABLE } from "../src/cli/flag_table.ts";
import { helpText } from "../src/cli/help_text.ts";
import { SUBCOMMANDS } from "../src/cli/subcommand_table.ts";
import { withBlock } from "./readme_block.ts";

const README = new URL("../README.md", import.meta.url);

/** The README with the flags of now. */
export function withFlags(document: string): string {
  const content = `\`\`\`text\n${helpText(FLAG_TABLE, SUBCOMMANDS)}\`\`\``;
  return withBlock(document, {
    name: "flag reference",
    madeBy: "scripts/flag_reference.ts",
    content,
  });
}

if (import.meta.main) {
  const text = readFileSync(README, "utf8");
  if (process.argv.includes("--write")) writeFileSync(README, withFlags(text));
  else console.log(helpText(FLAG_TABLE, SUBCOMMANDS));
}
