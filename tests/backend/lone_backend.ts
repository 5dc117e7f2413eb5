/** One backend with everything around it faked. */

import { Backend } from "../../src/backend/backend.ts";
import type { BackendOptions } from "../../src/backend/backend_options.ts";
import type { HealthOptions } from "../../src/backend/health.ts";
import { Log } from "../../src/log/log.ts";
import type { Rescue } from "../../src/route/route.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeNetwork } from "../support/fake_network.ts";
import { FakeTurns } from "../support/fake_turns.ts";
import { toBytes } from "../support/latin1.ts";
import { parsedRequest, TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";
import { settled } from "../support/settled.ts";

export const CONNECT_TIMEOUT_MS = 500;
export const REQUEST_TIMEOUT_MS = 1000;
export const PROBE_MS = 400;

const HEALTH: Omit<HealthOptions, "now"> = {
  failureLimit: 3,
  probeMs: PROBE_MS,
  probeMaxMs: 10_000,
  flapLimit: 3,
  flapWindowMs: 30_000,
  random: () => 0.5,
};

/** A server that is played by the test. */
export class LoneBackend {
  readonly clock = new FakeClock();
  readonly turns = new FakeTurns(this.clock.now);
  readonly network = new FakeNetwork();
  readonly backend: Backend;
  readonly logged: string[] = [];

  constructor(options: Partial<BackendOptions> = {}) {
    this.backend = new Backend({
      name: "server:11211",
      address: { transport: "tcp", hostname: "192.0.2.9", port: 11211 },
      connections: 1,
      connectionsMax: 4,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      health: HEALTH,
      services: {
        clock: this.clock,
        turns: this.turns.queue,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        requestsMax: 1000,
        bytesMax: 1 << 20,
        streamBytes: TEST_STREAM_BYTES,
      },
      runtime: this.network,
      log: new Log((line) => this.logged.push(line.trim().split(" ").slice(1).join(" "))),
      date: () => new Date(this.clock.now()),
      coordinator: null,
      ...options,
    });
  }

  async turn(): Promise<void> {
    this.turns.end();
    await settled();
    this.turns.end();
    await settled();
  }

  send(text: string, rescue: Rescue | null = null): RecordingSink {
    const sink = new RecordingSink();
    const request = parsedRequest(text);
    this.backend.sendOr(request, sink, rescue);
    const { body } = request;
    if (body !== null) {
      const value = toBytes(text.slice(text.indexOf("\n") + 1));
      const push = () => body.push(value, 0, value.length);
      if (body.held) body.whenFlowing(push);
      else push();
    }
    request.bytes.fill(0x3f);
    return sink;
  }

  /** One request on the newest connection that the server answers. */
  async exchange(): Promise<string> {
    const sink = this.send("get k\r\n");
    await this.turn();
    this.network.last.receive("END\r\n");
    await this.turn();
    return sink.status;
  }

  /** Time passes, and what it brings is handled. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.turn();
  }
}
