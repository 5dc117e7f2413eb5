/** What all connections of a process share: time, turns and limits. */

import type { Clock } from "../runtime/clock.ts";
import type { TurnQueue } from "../runtime/turn_queue.ts";

/** What all connections of a process share. */
export interface ConnectionServices {
  readonly clock: Clock;
  readonly turns: TurnQueue;
  readonly requestTimeoutMs: number;
  readonly requestsMax: number;
  readonly bytesMax: number;
  readonly streamBytes: number;
}
