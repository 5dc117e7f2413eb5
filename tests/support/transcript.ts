/**
 * Conversations as text: what a client sends, and what it must receive, byte for byte.
 *
 *   == name of the case          starts a case; it has a connection of its own
 *   > set k 0 0 1                sends a line, with `\r\n`
 *   >> get k                     sends without a line end
 *   < STORED                     receives a line, with `\r\n`
 *   <... END                     receives anything, up to and including this line
 *   closed                       the server closes
 *   copies> get k                asks main and backup themselves, past the proxy …
 *   copies< END                  … until both have given this answer
 *   main< mg k v f t             the proxy sends this line to the main server
 *   restart main                 the main server, behind the proxy, is started again, empty
 *   break main                   the connection to the main server breaks at what is sent next
 *   otherwise                    the servers hold something else afterwards than memcached would
 *   # …                          says why
 *
 * A word in front of `<` says who answers so: `memcached<` (and `memcached>>`) it only, `magent<`
 * the proxy only,
 * `meta<` memcached, and the proxy before servers that have meta commands, `plain<` the proxy
 * before servers that have none. The embedded server is held to what memcached says.
 *
 * In a line, `{250*k}` is 250 times `k`, `\r \n \t \0 \xff \\` are bytes; in a received one
 * `{cas:a}` is a number: the first time any, later the same one, also in what is sent;
 * `{number}` is any number, `{ttl:100}` 100 or up to 2 less. Binary conversations have packets
 * in the place of lines: see `binary_notation.ts`.
 */

import { packetOf } from "./binary_notation.ts";
import { expand } from "./transcript_escapes.ts";

/** Who answers: memcached, the embedded server, or the proxy before servers with or without meta. */
export type Speaker = "memcached" | "embedded" | "magent" | "magent without meta";

/** The language of a conversation. */
export type Tongue = "text" | "binary";

type StepKind =
  | "send"
  | "receive"
  | "receive through"
  | "closed"
  | "copies send"
  | "copies receive"
  | "main receives"
  | "restart"
  | "break"
  | "otherwise";

/** One line of a conversation. */
export interface Step {
  readonly kind: StepKind;
  /** The bytes; of a binary packet without its cas number. */
  readonly text: string;
  /** Of a binary packet: the name of the cas number in its head; empty when it has none. */
  readonly cas: string;
  /** Of a binary packet: its opcode and key. */
  readonly opcode: number | null;
  readonly key: string;
  readonly speakers: readonly Speaker[];
  readonly line: number;
}

/** One conversation. */
export interface Conversation {
  readonly name: string;
  readonly tongue: Tongue;
  readonly steps: readonly Step[];
}

const SERVERS: readonly Speaker[] = ["memcached", "embedded"];
const ALL: readonly Speaker[] = ["memcached", "embedded", "magent", "magent without meta"];

interface Mark {
  readonly kind: StepKind;
  readonly speakers: readonly Speaker[];
  readonly lineEnd: string;
  /** Stands before a packet in binary conversations. */
  readonly packet: boolean;
}

function mark(kind: StepKind, more: Partial<Mark> = {}): Mark {
  return { kind, speakers: ALL, lineEnd: "\r\n", packet: false, ...more };
}

const RECEIVE = mark("receive", { packet: true });

const MARKS: Readonly<Record<string, Mark>> = {
  ">": mark("send", { packet: true }),
  ">>": mark("send", { lineEnd: "" }),
  "memcached>>": mark("send", { lineEnd: "", speakers: SERVERS }),
  "<": RECEIVE,
  "memcached<": { ...RECEIVE, speakers: SERVERS },
  "magent<": { ...RECEIVE, speakers: ["magent", "magent without meta"] },
  "meta<": { ...RECEIVE, speakers: [...SERVERS, "magent"] },
  "plain<": { ...RECEIVE, speakers: ["magent without meta"] },
  "<...": mark("receive through", { packet: true }),
  "closed": mark("closed", { lineEnd: "" }),
  "copies>": mark("copies send"),
  "copies<": mark("copies receive"),
  "restart": mark("restart", { speakers: ["magent"] }),
  "break": mark("break", { speakers: ["magent"] }),
  "otherwise": mark("otherwise"),
  "main<": mark("main receives", { speakers: ["magent"] }),
};

/** Reads the conversations of a transcript. */
export function parseTranscript(text: string, tongue: Tongue = "text"): Conversation[] {
  const conversations: { name: string; tongue: Tongue; steps: Step[] }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("== ")) {
      conversations.push({ name: line.slice(3), tongue, steps: [] });
      continue;
    }
    const word = line.split(" ", 1)[0];
    const steps = conversations.at(-1)?.steps;
    if (MARKS[word] === undefined || steps === undefined) {
      throw new Error(`Cannot parse transcript: line ${index + 1} is "${line}"`);
    }
    const rest = line.slice(word.length + 1);
    try {
      steps.push({ ...stepOf(MARKS[word], rest, tongue), line: index + 1 });
    } catch (error) {
      throw new Error(`line ${index + 1}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return conversations;
}

function stepOf(form: Mark, rest: string, tongue: Tongue): Omit<Step, "line"> {
  const { kind, speakers } = form;
  if (tongue === "binary" && form.packet) {
    return { kind, speakers, ...packetOf(rest, kind === "send" ? "request" : "response") };
  }
  return { kind, speakers, text: expand(rest) + form.lineEnd, cas: "", opcode: null, key: "" };
}

/** How many bytes the client sends in a conversation. */
export function sentBytes(conversation: Conversation): number {
  return conversation.steps
    .filter(({ kind }) => kind === "send")
    .reduce((sum, { text }) => sum + text.length, 0);
}

/** True when the proxy answers otherwise than memcached, or leaves the servers otherwise. */
export function deviates(conversation: Conversation): boolean {
  return conversation.steps.some(({ kind, speakers }) =>
    kind === "otherwise" ||
    (kind === "receive" && speakers.includes("memcached") !== speakers.includes("magent"))
  );
}
