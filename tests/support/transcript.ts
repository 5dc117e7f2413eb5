/**
 * Conversations as text: what a client sends, and what it must receive, byte for byte.
 *
 *   == name of the case          starts a case; it has a connection of its own
 *   > set k 0 0 1                sends a line, with `\r\n`
 *   >> get k                     sends without a line end
 *   < STORED                     receives a line, with `\r\n`
 *   magent< VERSION …            … from the proxy only; `memcached< …` from memcached only
 *   closed                       the server closes
 *   copies> get k                asks main and backup themselves, past the proxy …
 *   copies< END                  … until both have given this answer
 *   # …                          says why
 *
 * In a line, `{250*k}` is 250 times `k`, `\r \n \t \0 \xff \\` are bytes, and `{cas:a}` is a
 * number: the first time received, later the same one.
 */

import { poll } from "./deadline.ts";
import { type Target, TextClient } from "./text_client.ts";

/** Who answers. */
export type Speaker = "memcached" | "magent";

type StepKind = "send" | "receive" | "closed" | "copies send" | "copies receive";

interface Step {
  readonly kind: StepKind;
  readonly text: string;
  /** Null for both. */
  readonly speaker: Speaker | null;
  readonly line: number;
}

/** One conversation. */
export interface Conversation {
  readonly name: string;
  readonly steps: readonly Step[];
}

const COPIES_MS = 2000;

const STEP_MARKS: Readonly<
  Record<string, { kind: StepKind; speaker?: Speaker; lineEnd: string }>
> = {
  ">": { kind: "send", lineEnd: "\r\n" },
  ">>": { kind: "send", lineEnd: "" },
  "<": { kind: "receive", lineEnd: "\r\n" },
  "memcached<": { kind: "receive", speaker: "memcached", lineEnd: "\r\n" },
  "magent<": { kind: "receive", speaker: "magent", lineEnd: "\r\n" },
  "closed": { kind: "closed", lineEnd: "" },
  "copies>": { kind: "copies send", lineEnd: "\r\n" },
  "copies<": { kind: "copies receive", lineEnd: "\r\n" },
};

const ESCAPES: Readonly<Record<string, string>> = {
  "r": "\r",
  "n": "\n",
  "t": "\t",
  "0": "\0",
  "\\": "\\",
};

/** Reads the conversations of a transcript. */
export function parseTranscript(text: string): Conversation[] {
  const conversations: { name: string; steps: Step[] }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("== ")) {
      conversations.push({ name: line.slice(3), steps: [] });
      continue;
    }
    const mark = line.split(" ", 1)[0];
    const form = STEP_MARKS[mark];
    const steps = conversations.at(-1)?.steps;
    if (form === undefined || steps === undefined) {
      throw new Error(`Cannot parse transcript: line ${index + 1} is "${line}"`);
    }
    steps.push({
      kind: form.kind,
      text: expand(line.slice(mark.length + 1)) + form.lineEnd,
      speaker: form.speaker ?? null,
      line: index + 1,
    });
  }
  return conversations;
}

/** With whom a conversation is held, and how. */
export interface Circumstances {
  readonly speaker: Speaker;
  readonly target: Target;
  /** The servers that `copies>` asks; none when left out. */
  readonly copies?: readonly Target[];
  /** Sends every byte in a write of its own. */
  readonly oneByOne?: boolean;
}

/** How many bytes the client sends in a conversation. */
export function sentBytes(conversation: Conversation): number {
  return conversation.steps
    .filter(({ kind }) => kind === "send")
    .reduce((sum, { text }) => sum + text.length, 0);
}

/** Holds a conversation with a server; throws at the first byte that is not as written. */
export async function hold(conversation: Conversation, options: Circumstances): Promise<void> {
  await using client = await TextClient.connect(options.target);
  const numbers = new Map<string, string>();
  let question = "";
  for (const step of conversation.steps) {
    if (step.speaker !== null && step.speaker !== options.speaker) continue;
    try {
      if (step.kind === "send") await send(client, fillIn(step.text, numbers), options);
      if (step.kind === "receive") await receive(client, step.text, numbers);
      if (step.kind === "closed") await receiveEnd(client);
      if (step.kind === "copies send") question = step.text;
      if (step.kind === "copies receive") {
        await askCopies(options.copies ?? [], { question, answer: step.text });
      }
    } catch (error) {
      throw new Error(`line ${step.line}: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (client.closed) return;
  try {
    // Whatever came beyond the transcript would be in front of this answer.
    client.send("get the_end_of_the_case\r\n");
    await client.readExactly("END\r\n");
  } catch (error) {
    throw new Error(`after the last line: ${error instanceof Error ? error.message : error}`);
  }
}

/** Turns escapes and repetitions into the bytes they stand for. */
function expand(text: string): string {
  return text
    .replaceAll(/\\(x[0-9a-f]{2}|.)/g, (all, code: string) => {
      if (code.startsWith("x")) return String.fromCharCode(parseInt(code.slice(1), 16));
      const byte = ESCAPES[code];
      if (byte === undefined) throw new Error(`Cannot parse transcript: unknown escape "${all}"`);
      return byte;
    })
    .replaceAll(/\{(\d+)\*([^}]+)\}/g, (_, count, part: string) => part.repeat(Number(count)));
}

/** Puts numbers that are known into their places. */
function fillIn(text: string, numbers: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\{cas:(\w+)\}/g, (all, name: string) => numbers.get(name) ?? all);
}

async function send(
  client: TextClient,
  bytes: string,
  { oneByOne }: Circumstances,
): Promise<void> {
  if (oneByOne) await client.sendOneByOne(bytes);
  else client.send(bytes);
}

async function receive(
  client: TextClient,
  text: string,
  numbers: Map<string, string>,
): Promise<void> {
  const filled = fillIn(text, numbers);
  const place = filled.match(/\{cas:(\w+)\}/);
  if (place === null) {
    await client.readExactly(filled);
    return;
  }
  const line = `${await client.readLine()}\r\n`;
  const [before, after] = filled.split(place[0]);
  const number = line.slice(before.length, line.length - after.length);
  if (!line.startsWith(before) || !line.endsWith(after) || !/^\d+$/.test(number)) {
    throw new Error(`expected ${JSON.stringify(filled)}, got ${JSON.stringify(line)}`);
  }
  numbers.set(place[1], number);
}

async function receiveEnd(client: TextClient): Promise<void> {
  const rest = await client.readToEnd();
  if (rest !== "") throw new Error(`expected the end, got ${JSON.stringify(rest)}`);
}

/** A copy may be a moment behind the client's answer, so it is asked until it agrees. */
async function askCopies(
  copies: readonly Target[],
  { question, answer }: { question: string; answer: string },
): Promise<void> {
  for (const copy of copies) {
    let got = "";
    await poll(
      async () => {
        await using client = await TextClient.connect(copy);
        client.send(`${question}quit\r\n`);
        got = await client.readToEnd();
        return got === answer ? true : null;
      },
      COPIES_MS,
      "agreement",
    ).catch(() => {
      throw new Error(
        `copy ${JSON.stringify(copy)}: expected ${JSON.stringify(answer)}, got ${
          JSON.stringify(got)
        }`,
      );
    });
  }
}
