/** Holds the conversations of transcripts with servers, and compares every byte. */

import { casOf, describePacket, packetLength, packetOf, withCas } from "./binary_notation.ts";
import { poll } from "./deadline.ts";
import { type Target, TextClient } from "./text_client.ts";
import type { Conversation, Speaker, Step, Tongue } from "./transcript.ts";

const COPIES_MS = 2000;
/** A server that was away is probed after a while. */
const MAIN_MS = 15_000;
const HEAD_BYTES = 24;
/** How much less than asked for a time to live may be by now, seconds. */
const TTL_SLACK_S = 2;

/** What nobody else asks, and its answer: whatever came too much stands in front of it. */
const LAST: Readonly<Record<Tongue, readonly [question: string, answer: string]>> = {
  text: ["get the_end_of_the_case\r\n", "END\r\n"],
  binary: [
    packetOf("NOOP opaque=4294967295", "request").text,
    packetOf("NOOP opaque=4294967295", "response").text,
  ],
};

/** With whom a conversation is held, and how. */
export interface Circumstances {
  readonly speaker: Speaker;
  readonly target: Target;
  /** The servers that `copies>` asks; none when left out. */
  readonly copies?: readonly Target[];
  /** All that the main server was sent so far; `main<` is passed over when left out. */
  readonly mainReceived?: () => string;
  /** Starts the main server again, empty; `restart` is passed over when left out. */
  readonly restartMain?: () => Promise<void>;
  /** Breaks the connection to the main server at what is sent next; `break` as `restart`. */
  readonly breakMain?: () => void;
  /** Sends every byte in a write of its own. */
  readonly oneByOne?: boolean;
}

/** Holds a conversation with a server; throws at the first byte that is not as written. */
export async function hold(conversation: Conversation, options: Circumstances): Promise<void> {
  await using client = await TextClient.connect(options.target);
  const talk = new Talk(client, options);
  for (const step of conversation.steps) {
    if (!step.speakers.includes(options.speaker)) continue;
    try {
      await talk.take(step);
    } catch (error) {
      throw new Error(`line ${step.line}: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (client.closed) return;
  const [question, answer] = LAST[conversation.tongue];
  try {
    client.send(question);
    await client.readExactly(answer);
  } catch (error) {
    throw new Error(`after the last line: ${error instanceof Error ? error.message : error}`);
  }
}

/** One conversation under way. */
class Talk {
  readonly #client: TextClient;
  readonly #options: Circumstances;
  readonly #numbers = new Map<string, string>();
  #question = "";

  constructor(client: TextClient, options: Circumstances) {
    this.#client = client;
    this.#options = options;
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "send":
        return await this.#send(this.#filled(step));
      case "receive":
        return await (step.opcode === null ? this.#receiveLine(step) : this.#receivePacket(step));
      case "receive through":
        return await this.#receiveThrough(step);
      case "closed":
        return await this.#receiveEnd();
      case "copies send":
        this.#question = step.text;
        return;
      case "copies receive":
        return await askCopies(this.#options.copies ?? [], this.#question, step.text);
      case "main receives":
        return await this.#mainReceives(step);
      case "restart":
        return await this.#options.restartMain?.();
      case "break":
        return this.#options.breakMain?.();
      case "otherwise":
        return;
    }
  }

  /** With the numbers that are known in their places. */
  #filled(step: Step): string {
    const numbers = this.#numbers;
    if (step.opcode === null) {
      return step.text.replaceAll(/\{cas:(\w+)\}/g, (all, name) => numbers.get(name) ?? all);
    }
    // A number that was never told, because that needs meta, is some other number.
    return step.cas === "" ? step.text : withCas(step.text, numbers.get(step.cas) ?? "1");
  }

  async #send(bytes: string): Promise<void> {
    if (this.#options.oneByOne) await this.#client.sendOneByOne(bytes);
    else this.#client.send(bytes);
  }

  async #receiveLine(step: Step): Promise<void> {
    const filled = this.#filled(step);
    if (!/\{(cas:\w+|number|ttl:\d+)\}/.test(filled)) return await this.#client.readExactly(filled);
    const line = `${await this.#client.readLine()}\r\n`;
    const found = patternOf(filled).exec(line);
    if (found === null) {
      throw new Error(`expected ${JSON.stringify(filled)}, got ${JSON.stringify(line)}`);
    }
    for (const [name, number] of Object.entries(found.groups ?? {})) {
      this.#numbers.set(name, number);
    }
  }

  async #receivePacket(step: Step): Promise<void> {
    const packet = await this.#readPacket();
    const cas = casOf(packet);
    const known = this.#numbers.get(step.cas);
    // Without meta, servers do not tell the number of what they store.
    const untold = cas === "0" && this.#options.speaker === "magent without meta";
    const expected = step.cas === ""
      ? step.text
      : withCas(step.text, untold ? "0" : known ?? (cas === "0" ? "1" : cas));
    if (packet !== expected) {
      const [want, got] = [expected, packet].map(describePacket);
      throw new Error(`expected ${want},\n  got ${got}`);
    }
    if (step.cas !== "" && !untold) this.#numbers.set(step.cas, cas);
  }

  async #readPacket(): Promise<string> {
    const head = await this.#client.readBytes(HEAD_BYTES);
    return head + await this.#client.readBytes(packetLength(head) - HEAD_BYTES);
  }

  async #receiveThrough(step: Step): Promise<void> {
    if (step.opcode === null) {
      await this.#client.readThrough(step.text);
      return;
    }
    while (await this.#readPacket() !== step.text);
  }

  async #receiveEnd(): Promise<void> {
    const rest = await this.#client.readToEnd();
    if (rest !== "") throw new Error(`expected the end, got ${JSON.stringify(rest)}`);
  }

  async #mainReceives(step: Step): Promise<void> {
    const { mainReceived } = this.#options;
    if (mainReceived === undefined) return;
    const told = () => `\r\n${mainReceived()}`.includes(`\r\n${step.text}`) || null;
    await poll(told, MAIN_MS, `line ${JSON.stringify(step.text)} at the main server`)
      .catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(mainReceived().slice(-300))}`);
      });
  }
}

/** The line with its placeholders as a pattern. */
function patternOf(line: string): RegExp {
  const pattern = line
    .replaceAll(/[\\^$.*+?()[\]|]/g, "\\$&")
    .replaceAll(/\{cas:(\w+)\}/g, "(?<$1>\\d+)")
    .replaceAll("{number}", "-?\\d+")
    .replaceAll(/\{ttl:(\d+)\}/g, (_, seconds) => {
      const times = Array.from({ length: TTL_SLACK_S + 1 }, (_, less) => Number(seconds) - less);
      return `(?:${times.join("|")})`;
    });
  return new RegExp(`^${pattern}$`);
}

/** A copy may be a moment behind the client's answer, so it is asked until it agrees. */
async function askCopies(
  copies: readonly Target[],
  question: string,
  answer: string,
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
      const [where, want, have] = [copy, answer, got].map((part) => JSON.stringify(part));
      throw new Error(`copy ${where}: expected ${want}, got ${have}`);
    });
  }
}
