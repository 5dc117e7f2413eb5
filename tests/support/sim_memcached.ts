/**
 * A memcached 1.6.18 in memory: commands in, replies out, one at a time.
 *
 * What recovery depends on is exact: cas numbers begin anew in every process, a
 * lease leaves an empty item that classic commands take for a value, `stats`
 * tells pid and start. Tried against the real one in `sim_memcached_test.ts`.
 */

import { type SimItem, SimItems } from "./sim_items.ts";
import { answerMeta } from "./sim_meta.ts";

/** A command as it came, with its data block. */
export interface SimCommand {
  readonly words: readonly string[];
  readonly data: string;
}

/** Takes the first whole command off `text`; null when more must come. */
export function takeCommand(text: string): { command: SimCommand; rest: string } | null {
  const newline = text.indexOf("\r\n");
  if (newline < 0) return null;
  const words = text.slice(0, newline).split(" ");
  const after = newline + 2;
  const length = dataLength(words);
  if (length === null) return { command: { words, data: "" }, rest: text.slice(after) };
  if (text.length < after + length + 2) return null;
  const data = text.slice(after, after + length);
  return { command: { words, data }, rest: text.slice(after + length + 2) };
}

function dataLength(words: readonly string[]): number | null {
  switch (words[0]) {
    case "set":
    case "add":
    case "replace":
    case "append":
    case "prepend":
    case "cas":
      return Number(words[4]);
    case "ms":
      return Number(words[2]);
    default:
      return null;
  }
}

/** What its process is made of. */
export interface SimMemcachedOptions {
  readonly unixMs: () => number;
  /** Client addresses of the connections that it has. */
  readonly addresses: () => readonly string[];
}

/** One server over the lives of its processes. */
export class SimMemcached {
  items: SimItems;
  readonly #options: SimMemcachedOptions;
  #pid = 100;
  #startS: number;
  #flushes = 0;

  constructor(options: SimMemcachedOptions) {
    this.#options = options;
    this.#startS = this.#unixS();
    this.items = new SimItems(() => this.#unixS());
  }

  /** Tells processes apart. */
  get pid(): number {
    return this.#pid;
  }

  /** Begins a new process; `warm`: with the items and the start time of the old one. */
  restart(warm: boolean): void {
    this.#pid++;
    this.#flushes = 0;
    const old = this.items;
    this.items = new SimItems(() => this.#unixS());
    if (warm) this.items.inherit(old);
    else this.#startS = this.#unixS();
  }

  /** Does what one command says. */
  execute({ words, data }: SimCommand): string {
    switch (words[0]) {
      case "version":
        return "VERSION 1.6.18\r\n";
      case "mn":
        return "MN\r\n";
      case "stats":
        return this.#stats(words[1] ?? "");
      case "flush_all":
        this.#flushes++;
        this.items.flush();
        return "OK\r\n";
      case "lru_crawler":
        return this.#dump();
      case "get":
      case "gets":
        return this.#get(words);
      case "mg":
      case "ms":
      case "md":
        return answerMeta(this.items, words, data);
      default:
        return this.#change(words, data);
    }
  }

  #unixS(): number {
    return Math.floor(this.#options.unixMs() / 1000);
  }

  #stats(group: string): string {
    const now = this.#unixS();
    const lines = group === "conns"
      ? this.#options.addresses().map((address, at) => `STAT ${at}:addr tcp:${address}\r\n`)
      : [
        `STAT pid ${this.#pid}\r\n`,
        `STAT uptime ${now - this.#startS}\r\n`,
        `STAT time ${now}\r\n`,
        `STAT cmd_flush ${this.#flushes}\r\n`,
      ];
    return `${lines.join("")}END\r\n`;
  }

  #dump(): string {
    const lines = this.items.keys().map((key) => {
      const item = this.items.find(key)!;
      const expiry = item.expiresS === 0 ? -1 : item.expiresS;
      return `key=${encodeURIComponent(key)} exp=${expiry} la=${this.#unixS()} cas=${item.cas} ` +
        "fetch=no cls=1 size=64\n";
    });
    return `${lines.join("")}END\r\n`;
  }

  #get([name, ...keys]: readonly string[]): string {
    const values = keys.map((key) => {
      const item = this.items.find(key);
      if (item === null) return "";
      const cas = name === "gets" ? ` ${item.cas}` : "";
      return `VALUE ${key} ${item.flags} ${item.value.length}${cas}\r\n${item.value}\r\n`;
    });
    return `${values.join("")}END\r\n`;
  }

  #change(words: readonly string[], data: string): string {
    const [name, key] = words;
    const item = this.items.find(key);
    switch (name) {
      case "delete":
        this.items.delete(key);
        return item === null ? "NOT_FOUND\r\n" : "DELETED\r\n";
      case "touch":
        if (item === null) return "NOT_FOUND\r\n";
        item.expiresS = this.items.expiryOf(Number(words[2]));
        return "TOUCHED\r\n";
      case "incr":
      case "decr":
        return this.#count(item, name === "incr" ? Number(words[2]) : -Number(words[2]));
      default:
        return this.#store(words, data, item);
    }
  }

  #count(item: SimItem | null, by: number): string {
    if (item === null) return "NOT_FOUND\r\n";
    if (!/^\d+ *$/.test(item.value)) {
      return "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";
    }
    const value = String(Math.max(0, Number(item.value) + by));
    // In place where it fits, blanks behind it.
    const { length } = item.value;
    if (value.length > length) this.items.extend(item, value);
    else this.items.alter(item, value.padEnd(length));
    return `${value}\r\n`;
  }

  #store(words: readonly string[], value: string, item: SimItem | null): string {
    const [name, key, flags, exptime, , cas] = words;
    const content = { value, flags: Number(flags), exptime: Number(exptime) };
    switch (name) {
      case "set":
        break;
      case "add":
        if (item !== null) return "NOT_STORED\r\n";
        break;
      case "replace":
        if (item === null) return "NOT_STORED\r\n";
        break;
      case "cas":
        if (item === null) return "NOT_FOUND\r\n";
        if (item.cas !== Number(cas)) return "EXISTS\r\n";
        break;
      case "append":
      case "prepend":
        if (item === null) return "NOT_STORED\r\n";
        this.items.extend(item, name === "append" ? item.value + value : value + item.value);
        return "STORED\r\n";
      default:
        throw new Error(`not simulated: ${words.join(" ")}`);
    }
    this.items.store(key, content);
    return "STORED\r\n";
  }
}
