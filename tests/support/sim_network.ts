/**
 * Simulated servers behind connections that keep their own order and no other.
 *
 *   proxy ── bytes on their way ──> server ── bytes on their way ──> proxy
 *
 * What was sent over a connection that its proxy has closed still reaches the
 * server: one late command at a time, between those of other connections.
 */

import { type Address, type Socket, SocketError } from "../../src/runtime/runtime.ts";
import { type SimCommand, SimMemcached, takeCommand } from "./sim_memcached.ts";
import { SimSocket } from "./sim_socket.ts";

/** What a proxy asks first. */
const INTRODUCTION = /^(version|mn|stats|get magent:\S+)$/;

/** Something that may happen next. */
export type Delivery = () => void;

/** One connection between a proxy and a server. */
class SimLink {
  readonly address: string;
  readonly proxy: number;
  readonly socket: SimSocket;
  /** Nothing arrives in either direction before this time, ms. */
  heldUntilMs = 0;
  /** Bytes that the server has not executed. */
  toServer = "";
  /** Bytes that the proxy has not read. */
  toProxy = "";
  /** The proxy has closed its end. */
  left = false;
  /** The server is gone: when it has read the rest, the proxy sees the end. */
  broken = false;

  constructor(address: string, proxy: number) {
    this.address = address;
    this.proxy = proxy;
    this.socket = new SimSocket(address, {
      sent: (text) => {
        if (!this.broken) this.toServer += text;
      },
      closed: () => {
        this.left = true;
        this.toProxy = "";
      },
    });
  }

  /** The server has nothing more to read here. */
  get drained(): boolean {
    return this.left && this.toServer === "";
  }
}

/** A server, its connections, and what has befallen it. */
export class SimServer {
  readonly name: string;
  readonly memcached: SimMemcached;
  state: "running" | "stopped" | "dead" = "running";
  /** Proxies that cannot reach it. */
  readonly cutFrom: Set<number> = new Set();
  #links: SimLink[] = [];
  /** Until this is true it answers only those who ask who it is. */
  opensWhen: () => boolean = () => true;
  /** It lists only connections that are open on both sides. */
  hidesClosed = false;
  /** Is told what it did. */
  executed: (address: string, command: SimCommand, reply: string) => void = () => {};
  /** Sees each command before it is executed, and may put another in its place. */
  tamper: (command: SimCommand) => SimCommand = (command) => command;

  constructor(name: string, unixMs: () => number) {
    this.name = name;
    this.memcached = new SimMemcached({
      unixMs,
      addresses: () => this.#listed().map(({ address }) => address),
    });
  }

  /** A proxy can reach it, and it executes what it is told. */
  answers(proxy: number): boolean {
    return this.state === "running" && !this.cutFrom.has(proxy);
  }

  /** It has executed all that was sent to it. */
  get idle(): boolean {
    return this.#links.every(({ toServer }) => toServer === "");
  }

  connect(address: string, proxy: number): Socket {
    const link = new SimLink(address, proxy);
    this.#links.push(link);
    return link.socket;
  }

  /** Its process ends; the data goes, or waits for the next process. */
  kill(): void {
    this.state = "dead";
    for (const link of this.#links) {
      link.toServer = "";
      link.broken = true;
    }
  }

  /** One connection breaks for its proxy; what it sent may still be executed. */
  breakOne(pick: (count: number) => number): void {
    const open = this.#links.filter((link) => !link.left && !link.broken);
    if (open.length === 0) return;
    const link = open[pick(open.length)];
    link.broken = true;
    if (pick(2) === 0) link.toServer = "";
  }

  start(warm: boolean): void {
    this.memcached.restart(warm);
    this.state = "running";
  }

  /** One connection is slow for a while. */
  slowDown(pick: (count: number) => number, untilMs: number): void {
    if (this.#links.length > 0) this.#links[pick(this.#links.length)].heldUntilMs = untilMs;
  }

  /** Everything that may happen next at its connections. */
  deliveries(nowMs: number): Delivery[] {
    this.#links = this.#links.filter((link) => !link.drained);
    const found: Delivery[] = [];
    for (const link of this.#links) {
      if (this.cutFrom.has(link.proxy) || link.heldUntilMs > nowMs) continue;
      if (this.state === "running" && this.#mayExecute(link)) {
        found.push(() => this.#execute(link));
      }
      if (link.left) continue;
      if (link.toProxy !== "") found.push(() => deliver(link));
      else if (link.broken) found.push(() => this.#breakOff(link));
    }
    return found;
  }

  #mayExecute(link: SimLink): boolean {
    const taken = takeCommand(link.toServer);
    if (taken === null) return false;
    return INTRODUCTION.test(taken.command.words.join(" ")) || this.opensWhen();
  }

  /** It lists a connection until it has read all of it. */
  #listed(): SimLink[] {
    return this.#links.filter((link) => !(this.hidesClosed ? link.left : link.drained));
  }

  #execute(link: SimLink): void {
    const taken = takeCommand(link.toServer)!;
    link.toServer = taken.rest;
    const reply = this.memcached.execute(this.tamper(taken.command));
    this.executed(link.address, taken.command, reply);
    if (!link.left) link.toProxy += reply;
  }

  #breakOff(link: SimLink): void {
    link.left = true;
    link.socket.end();
  }
}

function deliver(link: SimLink): void {
  const text = link.toProxy;
  link.toProxy = "";
  link.socket.receive(text);
}

/** Connects proxies with servers. */
export class SimNetwork {
  readonly servers: readonly SimServer[];
  #connections = 0;

  constructor(servers: readonly SimServer[]) {
    this.servers = servers;
  }

  /** How a proxy of this number connects; the port of an address is the number of the server. */
  connector(proxy: number): { connect(address: Address, signal: AbortSignal): Promise<Socket> } {
    return {
      connect: (address, signal) => {
        const server = this.servers[address.transport === "tcp" ? address.port : 0];
        if (server.cutFrom.has(proxy)) return givenUp(signal);
        if (server.state === "dead") {
          return Promise.reject(new SocketError("refused", "nobody listens"));
        }
        const port = 20_000 + this.#connections++;
        return Promise.resolve(server.connect(`198.51.100.${proxy}:${port}`, proxy));
      },
    };
  }

  /** Everything that may happen next. */
  deliveries(nowMs: number): Delivery[] {
    return this.servers.flatMap((server) => server.deliveries(nowMs));
  }
}

function givenUp(signal: AbortSignal): Promise<Socket> {
  return new Promise((_, reject) => {
    const fail = () => reject(new SocketError("failed", "given up"));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail);
  });
}
