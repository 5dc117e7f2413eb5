/** A main, a backup, and a route that keeps both; for tests of single changes. */

import { CopyOrder } from "../../src/route/copy_order.ts";
import type { Destination, Recovery } from "../../src/route/route.ts";
import { Pool } from "../../src/route/pool.ts";
import { ReplicateRoute } from "../../src/route/replicate_route.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination } from "../support/fake_destination.ts";
import { parsedRequest } from "../support/parsed_request.ts";
import { RecordingSink } from "../support/recording_sink.ts";

/** The time of day of these tests, seconds since 1970. */
export const UNIX_TIME = 1_800_000_000;

/** For all attempts of one change together. */
export const DEADLINE_MS = 1500;

/** Two copies and what was missed. */
export class CopiedChanges {
  readonly main = new FakeDestination("main");
  readonly backup = new FakeDestination("backup");
  readonly missed: string[] = [];
  /** Servers whose misses others do not know of yet, by name. */
  readonly untold: Set<string> = new Set();
  /** Who waits until others know, with the server. */
  readonly waiting: (readonly [server: string, then: () => void])[] = [];
  readonly clock = new FakeClock();
  readonly route: ReplicateRoute;

  constructor(
    { sync = false, recovery = null }: { sync?: boolean; recovery?: Recovery | null } = {},
  ) {
    const only = (one: Destination) => new Pool([one], { owner: () => 0 });
    this.route = new ReplicateRoute({
      mains: only(this.main),
      backups: only(this.backup),
      sync,
      missed: {
        missed: ({ name }, request) =>
          this.missed.push(
            `${name} ${request.command.name}${
              request.command.scope === "key" ? ` ${request.keyText()}` : ""
            }`,
          ),
        whenKnown: ({ name }, then) => {
          if (this.untold.has(name)) this.waiting.push([name, then]);
          else then();
        },
      },
      recovery,
      order: new CopyOrder(),
      unixTime: () => UNIX_TIME,
      clock: this.clock,
      deadlineMs: DEADLINE_MS,
    });
  }

  send(text: string): RecordingSink {
    const sink = new RecordingSink();
    const request = parsedRequest(text);
    this.route.send(request, sink);
    // It was lent for the call only.
    request.bytes.fill(0x3f);
    return sink;
  }
}
