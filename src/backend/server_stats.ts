/**
 * The `stats` groups that only servers can answer: of all together, or of one.
 *
 *   GROUP            one value per name, see `sumStats`
 *   GROUP@HOST:PORT  as that server says it; GROUP may be empty
 *
 * A server that does not answer costs a line with the reason and nothing else.
 *
 * Owned by: Proxy.
 */

import { serverLabel } from "../stats/server_label.ts";
import { parseStatsAnswer } from "../stats/stats_answer.ts";
import { StatsLines } from "../stats/stats_lines.ts";
import { type SummedGroup, sumStats } from "../stats/stats_sums.ts";
import { type Answer, failureLine } from "./inquiry.ts";
import type { AskedServer, ServerInquiry } from "./server_inquiry.ts";

/** The groups that are let through; the others of memcached change it or show keys. */
const GROUPS: readonly SummedGroup[] = [
  "",
  "settings",
  "items",
  "slabs",
  "sizes",
  "conns",
  "extstore",
];

/** What stands in the place of a slab class that no server has, for tools that expect a number. */
const NO_CLASS: Readonly<Partial<Record<SummedGroup, string>>> = { items: "items:0:", slabs: "0:" };

const NO_SERVER = 'CLIENT_ERROR no server of that name: "stats servers" names them\r\n';

/** Asks servers and puts their answers together. */
export class ServerStats {
  readonly #servers: readonly AskedServer[];
  readonly #labels: readonly string[];
  readonly #inquiry: ServerInquiry;

  constructor(
    servers: { readonly mains: readonly AskedServer[]; readonly backups: readonly AskedServer[] },
    inquiry: ServerInquiry,
  ) {
    const { mains, backups } = servers;
    this.#servers = [...mains, ...backups];
    this.#inquiry = inquiry;
    this.#labels = [
      ...mains.map((_, index) => serverLabel("main", index + 1)),
      ...backups.map((_, index) => serverLabel("backup", index + 1)),
    ];
  }

  /** Answers `stats GROUP`; null for a group that no server knows. */
  answer(group: string, done: (text: string | null) => void): void {
    const at = group.indexOf("@");
    if (at >= 0) return this.#one(group.slice(0, at), group.slice(at + 1), done);
    const summed = GROUPS.find((known) => known === group);
    if (summed === undefined) return done(null);
    this.#ask(summed, (answers) => {
      const unknown = answers.every(({ text }) => text?.startsWith("ERROR"));
      done(unknown ? null : this.#summed(summed, answers, new StatsLines()));
    });
  }

  /** Adds to the proxy's own lines what only servers know; a name that is there stays ours. */
  complete(own: StatsLines, done: (text: string) => void): void {
    this.#ask("", (answers) => done(this.#summed("", answers, own)));
  }

  #ask(group: SummedGroup, done: (answers: readonly Answer[]) => void): void {
    this.#inquiry.askAll(this.#servers, lineFor(group), done);
  }

  #summed(group: SummedGroup, answers: readonly Answer[], lines: StatsLines): string {
    const told: Map<string, string>[] = [];
    const untold: [name: string, reason: string][] = [];
    for (const [index, { text, failure }] of answers.entries()) {
      const label = this.#labels[index];
      const values = text === null ? null : parseStatsAnswer(text);
      if (values !== null) told.push(group === "conns" ? prefixed(label, values) : values);
      else untold.push([`${label}_unanswered`, failure ?? "not available"]);
    }
    for (const [name, value] of sumStats(group, told)) {
      if (!lines.has(name)) lines.add(name, value);
    }
    for (const [name, reason] of untold) {
      lines.add(`${NO_CLASS[group] ?? ""}${name}`, reason.replaceAll(" ", "_"));
    }
    return lines.end();
  }

  #one(group: string, name: string, done: (text: string | null) => void): void {
    const known = GROUPS.find((one) => one === group);
    if (known === undefined) return done(null);
    const server = this.#servers.find((one) => one.name === name);
    if (server === undefined) return done(NO_SERVER);
    this.#inquiry.ask(server, lineFor(known), ({ text, failure }) => {
      done(failure === null ? text : failureLine(failure, name));
    });
  }
}

function lineFor(group: SummedGroup): string {
  return group === "" ? "stats" : `stats ${group}`;
}

function prefixed(label: string, values: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...values].map(([name, value]) => [`${label}:${name}`, value]));
}
