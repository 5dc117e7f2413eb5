/**
 * The lines of a magent 0.7 configuration file.
 *
 *   # comment
 *   [General]
 *   masters = 10.0.0.1:11211,10.0.0.2:11211   ; comment
 *
 * One section of `key=value` lines; what they mean is said in `ini_settings.ts`.
 */

import { InvalidValue } from "./invalid_value.ts";

/** One `key=value` line of the `[General]` section. */
export interface IniEntry {
  /** In lower case. */
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** What a file holds, and what it holds in vain. */
export interface IniFile {
  readonly entries: readonly IniEntry[];
  /** Sections we do not know and lines outside any section, to be told to the operator. */
  readonly ignored: readonly { readonly line: number; readonly reason: string }[];
}

/** Reads the text of the file; `path` is for messages. */
export function readIniFile(text: string, path: string): IniFile {
  const entries: IniEntry[] = [];
  const ignored: { line: number; reason: string }[] = [];
  let section: string | null = null;
  for (const [index, rawLine] of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).entries()) {
    const line = index + 1;
    const content = rawLine.replace(/(^|\s)[#;].*$/, "").trim();
    if (content === "") continue;
    if (content.startsWith("[")) {
      section = sectionName(content, `${path}:${line}`);
      if (section !== "general") ignored.push({ line, reason: `unknown section ${content}` });
      continue;
    }
    const entry = readEntry(content, { line, where: `${path}:${line}` });
    if (section === null) {
      ignored.push({ line, reason: `"${entry.key}" stands before the section [General]` });
    }
    if (section === "general") entries.push(entry);
  }
  return { entries, ignored };
}

function sectionName(content: string, where: string): string {
  const match = /^\[([^\]]*)\]$/.exec(content);
  if (match !== null) return match[1].trim().toLowerCase();
  throw new InvalidValue(`Cannot read "${where}": section must end in "]": found "${content}"`);
}

function readEntry(content: string, options: { line: number; where: string }): IniEntry {
  const equals = content.indexOf("=");
  if (equals <= 0) {
    throw new InvalidValue(
      `Cannot read "${options.where}": line must be KEY=VALUE: found "${content}"`,
    );
  }
  const value = content.slice(equals + 1).trim().replace(/^"(.*)"$/, "$1");
  return { key: content.slice(0, equals).trim().toLowerCase(), value, line: options.line };
}
