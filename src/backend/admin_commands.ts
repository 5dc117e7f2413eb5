/**
 * Commands that set up a memcached: refused, or with `--admin-commands` given to
 * every server in service, and answered with the worst that one of them said.
 *
 * Owned by: Proxy.
 */

import { type Answer, failureLine } from "./inquiry.ts";
import type { AskedServer, ServerInquiry } from "./server_inquiry.ts";

/** What may be forwarded: the first word, and which second words; null is any. */
const FORWARDED: Readonly<Record<string, readonly string[] | null>> = {
  cache_memlimit: null,
  lru: ["mode", "temp_ttl", "tune"],
  lru_crawler: ["crawl", "disable", "enable", "sleep", "tocrawl"],
  slabs: ["automove", "reassign"],
};

const REFUSED = "CLIENT_ERROR command not available through the proxy: ask the server itself";
const NEVER = `${REFUSED}\r\n`;
const NOT_ALLOWED = `${REFUSED}, or start the proxy with --admin-commands\r\n`;

/** How bad an answer is, by how it begins; what is not listed is a refusal in other words. */
const OK = 0;
const REFUSAL = 1;
const SERVER_ERROR = 2;
const NO_ANSWER = 3;

/** Answers administrative lines. */
export class AdminCommands {
  readonly #allowed: boolean;
  readonly #servers: readonly AskedServer[];
  readonly #inquiry: Pick<ServerInquiry, "askAll">;

  constructor(
    allowed: boolean,
    asked: {
      readonly servers: readonly AskedServer[];
      readonly inquiry: Pick<ServerInquiry, "askAll">;
    },
  ) {
    this.#allowed = allowed;
    this.#servers = asked.servers;
    this.#inquiry = asked.inquiry;
  }

  /** Answers a line, which comes without `noreply`; calls back once. */
  send(line: string, done: (text: string) => void): void {
    const words = line.trim().split(/ +/);
    if (!isForwarded(words)) return done(NEVER);
    if (!this.#allowed) return done(NOT_ALLOWED);
    this.#inquiry.askAll(this.#servers, words.join(" "), (answers) => {
      const texts = answers.map((answer, index) => textOf(answer, this.#servers[index].name));
      done(worstOf(texts));
    });
  }
}

function isForwarded(words: readonly string[]): boolean {
  if (!Object.hasOwn(FORWARDED, words[0])) return false;
  const seconds = FORWARDED[words[0]];
  return seconds === null || words.length < 2 || seconds.includes(words[1]);
}

interface Told {
  readonly text: string;
  readonly severity: number;
}

function textOf({ text, failure }: Answer, server: string): Told {
  if (failure !== null) {
    return { text: failureLine(failure, server), severity: NO_ANSWER };
  }
  if (text.startsWith("OK")) return { text, severity: OK };
  return { text, severity: text.startsWith("SERVER_ERROR") ? SERVER_ERROR : REFUSAL };
}

function worstOf(texts: readonly Told[]): string {
  return texts.reduce((worst, one) => one.severity > worst.severity ? one : worst).text;
}
