/** The reply matcher as a subject of the fuzzer: servers that are right, confused, or mad. */

import { toBytes } from "../../tests/support/latin1.ts";
import type { SeededRandom } from "../../tests/support/seeded_random.ts";
import { mutate } from "./mutate.ts";
import { randomBytes } from "./random_words.ts";
import { REPLY_STREAM_BYTES, ReplyRun } from "./reply_run.ts";
import type { FuzzInput, Subject } from "./subject.ts";

const KEYS = [..."abcdefgh"];
const GETS = ["get", "gets", "gat 0"];
/** One request that is no classic retrieval, and the answers it can have. */
const OTHERS: readonly (readonly [request: string, ...answers: string[]])[] = [
  ["set K 0 0 1", "STORED", "NOT_STORED", "SERVER_ERROR out of memory storing object"],
  ["append K 0 0 1", "STORED", "NOT_STORED"],
  ["cas K 0 0 1 5", "STORED", "EXISTS", "NOT_FOUND"],
  ["delete K", "DELETED", "NOT_FOUND"],
  ["touch K 0", "TOUCHED", "NOT_FOUND"],
  ["incr K 1", "7", "18446744073709551615", "10  ", "NOT_FOUND", "CLIENT_ERROR cannot increment"],
  ["version", "VERSION 1.6.18"],
  ["mg K v f t c", "EN", "HD f1 t-1 c7", "VALUE f5 t30 c9", "VALUE W s1"],
  ["mg K s k O9", "EN", "HD s1 kK O9"],
  ["ms K 1", "HD", "NS", "EX", "NF", "SERVER_ERROR object too large for cache"],
  ["md K", "HD", "NF", "EX"],
  ["ma K v", "NF", "HD", "NS", "VALUE"],
  ["me K", "EN", "ME K exp=-1 la=0 cas=1 fetch=no cls=1 size=60"],
];

/** An answer, and what stands for it in the stream. */
interface Conversation {
  readonly asked: string[];
  readonly answers: string[];
}

/** Replies of servers, given to whoever waits. */
export const REPLIES: Subject = {
  name: "replies",
  make,
  // What is promised of whole answers cannot be promised of bytes.
  shrinks: ({ head }) => head.startsWith("mutated "),
  run: (input, cuts) => new ReplyRun(input.head).read(input, cuts),
};

function make(random: SeededRandom): FuzzInput {
  const { asked, answers } = converse(random);
  const head = asked.join("; ");
  const dice = random.below(10);
  if (dice < 3) return { head: `clean ${head}`, bytes: toBytes(answers.join("")) };
  const unwritten = random.chance(0.1) ? withUnwritten(random, asked) : head;
  if (dice < 6) {
    return { head: `disorder ${unwritten}`, bytes: toBytes(disorder(random, answers).join("")) };
  }
  const noise = random.chance(0.05);
  const bytes = toBytes(noise ? randomBytes(random, random.below(100)) : answers.join(""));
  return { head: `mutated ${unwritten}`, bytes: mutate(random, bytes) };
}

function converse(random: SeededRandom): Conversation {
  const conversation: Conversation = { asked: [], answers: [] };
  for (let left = 1 + random.below(5); left > 0; left--) {
    if (random.chance(0.5)) askLine(random, conversation);
    else askOther(random, conversation);
  }
  return conversation;
}

/** A retrieval of one or more keys: an answer for each, and the end of the line. */
function askLine(random: SeededRandom, { asked, answers }: Conversation): void {
  const name = random.pick(GETS);
  const keys = name.startsWith("gat") ? 1 : 1 + random.below(4);
  const lineKeys: string[] = [];
  for (let index = 0; index < keys; index++) {
    const key = random.pick(KEYS);
    asked.push(`${index > 0 ? "+" : ""}${name} ${key}`);
    if (random.chance(0.7)) answers.push(value(random, key, name === "gets"));
    lineKeys.push(key);
    if (name.startsWith("gat") || random.chance(0.7)) continue;
    const back = 1 + random.below(lineKeys.length);
    asked.push(`=${back} ${name} ${lineKeys[lineKeys.length - back]}`);
  }
  const failed = random.chance(0.05);
  answers.push(failed ? "SERVER_ERROR out of memory writing get response\r\n" : "END\r\n");
}

function value(random: SeededRandom, key: string, cas: boolean): string {
  const data = key.repeat(lengthOf(random));
  const number = cas ? ` ${random.below(1000)}` : "";
  return `VALUE ${key} ${random.below(9)} ${data.length}${number}\r\n${data}\r\n`;
}

function askOther(random: SeededRandom, { asked, answers }: Conversation): void {
  const [request, ...lines] = random.pick(OTHERS);
  const key = random.pick(KEYS);
  asked.push(request.replace("K", key));
  const line = random.pick(lines).replace(/K/g, key);
  if (!line.startsWith("VALUE")) {
    answers.push(`${line}\r\n`);
    return;
  }
  const data = request.startsWith("ma") ? "12" : key.repeat(lengthOf(random));
  answers.push(`VA ${data.length}${line.slice("VALUE".length)}\r\n${data}\r\n`);
}

function lengthOf(random: SeededRandom): number {
  if (random.chance(0.8)) return random.below(12);
  return REPLY_STREAM_BYTES - 1 + random.pick([0, 1, 2, 3, 100]);
}

/** Answers left out, repeated, exchanged, or of another conversation. */
function disorder(random: SeededRandom, answers: readonly string[]): string[] {
  const confused = [...answers];
  for (let left = 1 + random.below(2); left > 0; left--) {
    const at = random.below(confused.length + 1);
    const other = random.below(confused.length + 1);
    switch (random.below(4)) {
      case 0:
        confused.splice(at, 1);
        break;
      case 1:
        confused.splice(at, 0, ...confused.slice(other, other + 1));
        break;
      case 2:
        confused.splice(at, 0, ...converse(random).answers);
        break;
      default:
        confused.splice(at, 0, ...confused.splice(other, 1));
    }
  }
  return confused;
}

/** Some of the requests are still waiting to be written; lines are not divided. */
function withUnwritten(random: SeededRandom, asked: readonly string[]): string {
  const from = random.below(asked.length);
  const start = asked.findIndex((words, index) => index >= from && !/^[+=]/.test(words));
  return asked.map((words, index) => index === start ? `| ${words}` : words).join("; ");
}
