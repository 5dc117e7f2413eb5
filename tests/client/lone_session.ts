/** Clients with everything around them faked: sockets, servers, clock and turns. */

import { BufferBudget } from "../../src/client/buffer_budget.ts";
import { copyBytes } from "../../src/message/copy_bytes.ts";
import { ReplyCopies } from "../../src/client/reply_copies.ts";
import { Listener, type ListenerLimits } from "../../src/client/listener.ts";
import { LocalCommands } from "../../src/client/local_commands.ts";
import type { SessionLimits } from "../../src/client/session_services.ts";
import { COMMANDS } from "../../src/message/command.ts";
import type { Reply } from "../../src/message/reply.ts";
import { Pool } from "../../src/route/pool.ts";
import { PoolRoute } from "../../src/route/pool_route.ts";
import type { Sink } from "../../src/route/route.ts";
import { Counters } from "../../src/stats/counters.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination, hitOf, replyOf } from "../support/fake_destination.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { FakeTurns } from "../support/fake_turns.ts";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { settled } from "../support/settled.ts";

interface Options extends Partial<SessionLimits>, Partial<ListenerLimits> {
  readonly errorsAsMisses?: boolean;
  readonly bufferBytes?: number;
}

/** A listener whose one server is played by the test. */
export class LoneListener {
  readonly clock = new FakeClock();
  readonly turns = new FakeTurns(this.clock.now);
  readonly server = new FakeDestination("server");
  readonly counters = new Counters(COMMANDS.length);
  readonly budget: BufferBudget;
  readonly listener: Listener;
  /** Administrative lines that wait for their answer. */
  readonly administered: { line: string; done: (text: string) => void }[] = [];

  constructor(options: Options = {}) {
    this.budget = new BufferBudget(options.bufferBytes ?? 1 << 30);
    const limits = {
      clients: 100,
      idleMs: 0,
      drainMs: 1000,
      lineBytes: 2048,
      getLineBytes: 1 << 20,
      streamBytes: TEST_STREAM_BYTES,
      sessionRequests: 1000,
      replyBytes: 1 << 20,
      ...options,
    };
    this.listener = new Listener(limits, {
      route: new PoolRoute(new Pool([this.server], { owner: () => 0 })),
      local: new LocalCommands({
        version: "9.9.9",
        stats: (group, done) => done(group === "" ? "STAT a 1\r\nEND\r\n" : null),
        administer: (line, done) => this.administered.push({ line, done }),
      }),
      turns: this.turns.queue,
      clock: this.clock,
      counters: this.counters,
      budget: this.budget,
      copies: new ReplyCopies(),
      copyBytes,
      limits,
      errorsAsMisses: options.errorsAsMisses ?? true,
    });
  }

  connect(): FakeSocket {
    const socket = new FakeSocket();
    this.listener.accept(socket);
    return socket;
  }

  async turn(): Promise<void> {
    await settled();
    this.turns.end();
    await settled();
    this.turns.end();
    await settled();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.turn();
  }
}

/** One client of such a listener. */
export class LoneSession extends LoneListener {
  readonly socket = this.connect();

  /** The client sends this. */
  async send(text: string): Promise<void> {
    this.socket.receive(text);
    await this.turn();
  }

  /** What the client has got since the last call. */
  async got(): Promise<string> {
    await this.turn();
    return this.socket.takeSent();
  }

  /** Answers the request with this number among those that wait. */
  answer(line: string, at = 0): void {
    this.answerWith(replyOf(line), at);
  }

  /** The reply is lent for the call only. */
  answerWith(reply: Reply, at = 0): void {
    this.take(at).reply(reply);
    if (reply.failure === null) reply.bytes.fill(0x3f);
  }

  /** Answers a get with a value of that key. */
  hit(key: string, value: string, at = 0): void {
    this.answerWith(hitOf(value, { key }), at);
  }

  take(at = 0): Sink {
    return this.server.waiting.splice(at, 1)[0].sink;
  }
}
