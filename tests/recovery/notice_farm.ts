/** Servers with a board, and proxies over them, with the clock in the hands of the test. */

import { assertEquals } from "@std/assert";
import { Log } from "../../src/log/log.ts";
import { Board } from "../../src/recovery/board.ts";
import { FIRST_LOOKS_MS } from "../../src/recovery/first_looks.ts";
import type { Abandoned } from "../../src/recovery/board_options.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { NoticeServer } from "./notice_server.ts";

/** Between two looks, ms. */
export const TICK_MS = 100;
/** A look is believed for so long, ms. */
export const LEASE_MS = 4 * TICK_MS;
/** Two looks at all seats, ms. */
export const WHOLE_MS = 14 * TICK_MS;
/** Longest that a client waits for an announcement, ms. */
export const PATIENCE_MS = 1000;
/** For a server to be connected, ms. */
export const CONNECT_MS = 300;

/** A proxy's board, and all that it told. */
export class BoardStage {
  readonly board: Board;
  readonly waitsFor = new Map<string, readonly string[]>();
  readonly lacksFor = new Map<string, readonly string[]>();
  /** Every change of these, as it was told. */
  readonly told: string[] = [];
  readonly abandoned: (Abandoned & { readonly server: string })[] = [];
  readonly markers: (string | null)[] = [];
  readonly lines: string[] = [];
  readonly #ending = new AbortController();

  constructor(farm: NoticeFarm, servers: readonly NoticeServer[]) {
    this.board = new Board({
      clock: farm.clock,
      log: new Log((line) => this.lines.push(line)),
      random: farm.random.fraction,
      tickMs: TICK_MS,
      connectTimeoutMs: CONNECT_MS,
      firstLooksMs: FIRST_LOOKS_MS,
      patienceMs: PATIENCE_MS,
      requestTimeoutMs: PATIENCE_MS / 2,
      signal: this.#ending.signal,
      announced: ({ name }, { missed, lacking }) => {
        this.waitsFor.set(name, missed);
        this.lacksFor.set(name, lacking);
        this.told.push(`${name} missed ${missed.length} lacking ${lacking.length}`);
      },
      sawMarker: (_, text) => this.markers.push(text),
      abandoned: ({ name }, by) => this.abandoned.push({ ...by, server: name }),
    });
    for (const server of servers) this.board.add(server);
  }

  /** It dies with what it knew. */
  kill(): void {
    this.#ending.abort();
  }
}

/** Two servers, a clock, and proxies over them. */
export class NoticeFarm {
  readonly clock = new FakeClock();
  readonly random = new SeededRandom(1);
  readonly servers = [new NoticeServer("a"), new NoticeServer("b")];

  /** One that takes part from now on. */
  proxy(): BoardStage {
    const stage = new BoardStage(this, this.servers);
    stage.board.whenFresh(() => {});
    return stage;
  }

  /** Several that know each other. */
  proxies(count: number): BoardStage[] {
    const stages = Array.from({ length: count }, () => this.proxy());
    this.clock.advance(WHOLE_MS + LEASE_MS);
    for (const { board } of stages) assertEquals(board.peers, count - 1);
    return stages;
  }
}

/** Tells whether what is called back has been. */
export function seen(ask: (then: () => void) => void): () => boolean {
  let called = false;
  ask(() => called = true);
  return () => called;
}
