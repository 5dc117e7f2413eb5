/** What all sessions of a process share. */

import type { CopyBytes } from "../message/copy_bytes.ts";
import type { Route } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { TurnQueue } from "../runtime/turn_queue.ts";
import type { Counters } from "../stats/counters.ts";
import type { BufferBudget } from "./buffer_budget.ts";
import type { LocalCommands } from "./local_commands.ts";
import type { ReplyCopies } from "./reply_copies.ts";

/** Limits of one session. */
export interface SessionLimits {
  readonly lineBytes: number;
  readonly getLineBytes: number;
  readonly streamBytes: number;
  readonly sessionRequests: number;
  readonly replyBytes: number;
}

/** What all sessions of a process share. */
export interface SessionServices {
  readonly route: Route;
  readonly local: LocalCommands;
  readonly turns: TurnQueue;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly budget: BufferBudget;
  readonly copies: ReplyCopies;
  readonly copyBytes: CopyBytes;
  readonly limits: SessionLimits;
  readonly errorsAsMisses: boolean;
}
