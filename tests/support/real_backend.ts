/** One backend of magent itself, on this runtime, in front of a real memcached. */

import { Backend } from "../../src/backend/backend.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";
import { Log } from "../../src/log/log.ts";
import { type Clock, SystemClock } from "../../src/runtime/clock.ts";
import type { Runtime } from "../../src/runtime/runtime.ts";
import { runtimeHere } from "../../src/runtime/runtime_here.ts";
import { TurnQueue } from "../../src/runtime/turn_queue.ts";

/** A backend, and what it runs on. */
export interface RealBackend extends Disposable {
  readonly backend: Backend;
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Resolves with the next connection that it has checked. */
  nextConnection(): Promise<void>;
}

/** Makes one for the memcached on this port. */
export async function realBackend(
  port: number,
  timeoutMs = DEFAULT_CONFIG.health.requestTimeoutMs,
): Promise<RealBackend> {
  const runtime = await runtimeHere();
  const clock = new SystemClock(() => runtime.now());
  const admitted: (() => void)[] = [];
  const admit = () => admitted.splice(0).forEach((resolve) => resolve());
  const { limits, health, connectionsMax } = DEFAULT_CONFIG;
  const backend = new Backend({
    name: `127.0.0.1:${port}`,
    address: { transport: "tcp", hostname: "127.0.0.1", port },
    connections: 1,
    connectionsMax,
    connectTimeoutMs: timeoutMs,
    health: { ...health, failureLimit: 1, probeMs: 20, probeMaxMs: 50, random: Math.random },
    services: {
      clock,
      turns: new TurnQueue(runtime),
      requestTimeoutMs: timeoutMs,
      requestsMax: limits.connectionRequests,
      bytesMax: limits.connectionBytes,
      streamBytes: limits.streamBytes,
    },
    runtime,
    log: new Log(() => {}),
    date: () => new Date(),
    coordinator: { admit, doubtMarker: () => {} },
  });
  return {
    backend,
    runtime,
    clock,
    nextConnection: () => new Promise((resolve) => void admitted.push(resolve)),
    [Symbol.dispose]: () => backend.close(),
  };
}
