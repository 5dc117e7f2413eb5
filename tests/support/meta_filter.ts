/**
 * Makes a memcached look like one from before the meta commands: a TCP filter in front of
 * it that turns each meta command line into a word that memcached does not know either, so
 * that memcached itself answers `ERROR`, in order. Everything else passes, values included.
 *
 * Owned by: the test, which disposes of it (`await using`).
 */

import { Buffer } from "node:buffer";
import { connect, createServer, type Server, type Socket } from "node:net";
import { listen } from "./listen.ts";

const META_COMMANDS = new Set(["mg", "ms", "md", "ma", "mn", "me"]);
const STORAGE_COMMANDS = new Set(["set", "add", "replace", "append", "prepend", "cas"]);
const UNKNOWN_LINE = Buffer.from("unknown_command\r\n");

/** Where one client is in its stream of commands. */
class LineFilter {
  #rest = Buffer.alloc(0);
  #bodyBytes = 0;
  #refused = 0;

  /** Meta commands refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Takes what the client sent and gives back what memcached is to see. */
  pass(chunk: Buffer): Buffer {
    const out: Buffer[] = [];
    let input = Buffer.concat([this.#rest, chunk]);
    while (input.length > 0) {
      if (this.#bodyBytes > 0) {
        const body = input.subarray(0, this.#bodyBytes);
        out.push(body);
        this.#bodyBytes -= body.length;
        input = input.subarray(body.length);
        continue;
      }
      const end = input.indexOf(0x0a);
      if (end < 0) break;
      out.push(this.#line(input.subarray(0, end + 1)));
      input = input.subarray(end + 1);
    }
    this.#rest = Buffer.from(input);
    return Buffer.concat(out);
  }

  #line(line: Buffer): Buffer {
    const [command, , , , bytes] = line.toString("latin1").trim().split(/ +/);
    if (META_COMMANDS.has(command)) {
      this.#refused++;
      return UNKNOWN_LINE;
    }
    if (STORAGE_COMMANDS.has(command) && /^\d+$/.test(bytes ?? "")) {
      this.#bodyBytes = Number(bytes) + "\r\n".length;
    }
    return line;
  }
}

/** A server without meta commands, in front of a memcached that has them. */
export class MetaFilter implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #filters: LineFilter[];

  private constructor(port: number, parts: {
    server: Server;
    sockets: Set<Socket>;
    filters: LineFilter[];
  }) {
    this.port = port;
    this.#server = parts.server;
    this.#sockets = parts.sockets;
    this.#filters = parts.filters;
  }

  /** Starts a filter in front of the memcached on this port. */
  static async start(memcachedPort: number): Promise<MetaFilter> {
    const sockets = new Set<Socket>();
    const filters: LineFilter[] = [];
    const server = createServer((client) => {
      const filter = new LineFilter();
      filters.push(filter);
      const memcached = connect({ host: "127.0.0.1", port: memcachedPort });
      client.on("data", (chunk) => memcached.write(filter.pass(Buffer.from(chunk))));
      memcached.on("data", (chunk) => client.write(chunk));
      joinEnds(client, memcached, sockets);
    });
    const port = await listen(server);
    return new MetaFilter(port, { server, sockets, filters });
  }

  /** As `-s` and `-b` take it. */
  get server(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Meta commands refused so far, by all connections. */
  get refused(): number {
    return this.#filters.reduce((sum, filter) => sum + filter.refused, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Whichever side ends or breaks, the other one ends too. */
export function joinEnds(client: Socket, memcached: Socket, sockets: Set<Socket>): void {
  for (const [one, other] of [[client, memcached], [memcached, client]]) {
    sockets.add(one);
    one.setNoDelay(true);
    one.on("end", () => other.end());
    one.on("error", () => other.destroy());
    one.on("close", () => {
      other.destroy();
      sockets.delete(one);
    });
  }
}
