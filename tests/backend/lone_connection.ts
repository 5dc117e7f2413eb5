/** One connection with everything around it faked: owner, server, clock and turns. */

import { Connection } from "../../src/backend/connection.ts";
import type { ConnectionOwner } from "../../src/backend/connection_owner.ts";
import type { ConnectionServices } from "../../src/backend/connection_services.ts";
import { Handshake } from "../../src/backend/handshake.ts";
import { failedReply, type FailureReason, type Reply } from "../../src/message/reply.ts";
import type { Request } from "../../src/message/request.ts";
import type { Rescue } from "../../src/route/route.ts";
import { LatencyHistogram } from "../../src/stats/latency_histogram.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeNetwork, type Welcome } from "../support/fake_network.ts";
import type { FakeSocket } from "../support/fake_socket.ts";
import { FakeTurns } from "../support/fake_turns.ts";
import { parsedRequest, TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { settled } from "../support/settled.ts";

export const CONNECT_TIMEOUT_MS = 500;
export const REQUEST_TIMEOUT_MS = 1000;

/** What the server is asked on every new connection. */
export const QUESTION = "version\r\nmn\r\n";

/** A connection to a server that the test plays. */
export class LoneConnection {
  readonly clock = new FakeClock();
  readonly turns: FakeTurns;
  readonly network = new FakeNetwork();
  readonly connection: Connection;
  /** What its owner was told: `opened`, `closed REASON`, `idle`, `occupied`. */
  readonly told: string[] = [];
  answers = 0;
  readonly latency = new LatencyHistogram();
  /** What sinks were told, in order, with their names. */
  readonly log: string[] = [];

  constructor(limits: Partial<ConnectionServices> = {}, welcome: Welcome = "meta") {
    this.network.welcome = welcome;
    this.turns = new FakeTurns(this.clock.now);
    const owner: ConnectionOwner = {
      trusted: true,
      lives: 0,
      identity: null,
      foreignCas: () => this.told.push("foreign cas"),
      latency: this.latency,
      opened: () => this.told.push("opened"),
      closed: (_, reason: FailureReason | null) => this.told.push(`closed ${reason}`),
      answered: () => this.answers++,
      idle: () => this.told.push("idle"),
      occupied: () => this.told.push("occupied"),
      faulted: (error: unknown) => this.told.push(`faulted ${error}`),
      failure: (reason: FailureReason, inDoubt: boolean): Reply =>
        failedReply(reason, "server", inDoubt),
    };
    const handshake = new Handshake({
      runtime: this.network,
      clock: this.clock,
      address: { transport: "tcp", hostname: "192.0.2.9", port: 11211 },
      timeoutMs: CONNECT_TIMEOUT_MS,
      identify: false,
    });
    this.connection = new Connection(owner, handshake, {
      clock: this.clock,
      turns: this.turns.queue,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      requestsMax: 1000,
      bytesMax: 1 << 20,
      streamBytes: TEST_STREAM_BYTES,
      ...limits,
    });
  }

  get socket(): FakeSocket {
    return this.network.last;
  }

  /** Ends the turn, and lets promises settle. */
  async turn(): Promise<void> {
    this.turns.end();
    await settled();
    this.turns.end();
  }

  /** Waits until the connection is checked and open. */
  async open(): Promise<this> {
    await this.turn();
    this.socket.takeSent();
    return this;
  }

  /** Sends what a client's bytes ask for; the sink has the name of the line. */
  send(text: string, rescue: Rescue | null = null): RecordingSink {
    const name = text.split("\r\n", 1)[0];
    const sink = new RecordingSink(name, this.log);
    const request = parsedRequest(text);
    this.connection.send(request, sink, rescue);
    request.bytes.fill(0x3f);
    return sink;
  }

  sendBody(text: string): { sink: RecordingSink; request: Request } {
    const sink = new RecordingSink();
    const request = parsedRequest(text);
    this.connection.sendBody(request, sink, null);
    return { sink, request };
  }

  /** The server says something. */
  async receive(text: string): Promise<void> {
    this.socket.receive(text);
    await this.turn();
  }

  /** What the server has got since the last call. */
  async received(): Promise<string> {
    await this.turn();
    return this.socket.takeSent();
  }
}
