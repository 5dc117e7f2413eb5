/**
 * Found cases as files: the first line says what reads them, and for replies who waits;
 * the rest is the bytes as they are.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toBytes, toText } from "../../tests/support/latin1.ts";
import type { FuzzInput, Subject } from "./subject.ts";
import { subjectNamed } from "./subjects.ts";
import { hashBytes } from "./trace.ts";

/** Where the cases lie. */
const CORPUS_FOLDER: string = fileURLToPath(
  new URL("../../tests/protocol/corpus", import.meta.url),
);

/** One file. */
export interface CorpusCase {
  readonly name: string;
  readonly subject: Subject;
  readonly input: FuzzInput;
}

/** Reads all cases. */
export function readCorpus(folder: string = CORPUS_FOLDER): CorpusCase[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".case")).sort();
  return names.map((name) => readCase(name, readFileSync(join(folder, name))));
}

/** Writes a case; returns the name of its file. */
export function writeCase(
  subject: Subject,
  input: FuzzInput,
  folder: string = CORPUS_FOLDER,
): string {
  const { head, bytes } = input;
  const hash = hashBytes(hashBytes(0, toBytes(head), 0, head.length), bytes, 0, bytes.length);
  const name = `${subject.name}_${(hash >>> 0).toString(16).padStart(8, "0")}.case`;
  const first = head === "" ? subject.name : `${subject.name} ${head}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), toBytes(`${first}\n${toText(bytes)}`));
  return name;
}

function readCase(name: string, file: Uint8Array): CorpusCase {
  const newline = file.indexOf(0x0a);
  const [subjectName, ...head] = toText(file, 0, newline).split(" ");
  const subject = subjectNamed(subjectName);
  if (subject === null) throw new Error(`Cannot read case "${name}": no parser "${subjectName}"`);
  return {
    name,
    subject,
    input: { head: head.join(" "), bytes: Uint8Array.from(file.subarray(newline + 1)) },
  };
}
