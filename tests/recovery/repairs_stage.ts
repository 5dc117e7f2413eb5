/** The repairs of a restored server from its copy, both played by the test. */

import { FETCH } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { HeldValues } from "../../src/recovery/held_values.ts";
import { Repairs } from "../../src/recovery/repairs.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { LoneBackend } from "../backend/lone_backend.ts";
import { toBytes } from "../support/latin1.ts";

const NOW_S = 1_700_000_000;
/** All values that are held together; one of up to twice this goes alone. */
export const HELD_BYTES = 4 << 20;
/** What the server is asked first, then the copy. */
export const LEASE = (key: string) => `mg ${key} c N30\r\n`;
export const FETCHED = (key: string) => `mg ${key} v f t c\r\n`;

/** Both servers, and the repairs of one. */
export class RepairsStage {
  readonly main = new LoneBackend();
  readonly copy = new LoneBackend();
  readonly ended: string[] = [];
  readonly lacked: string[] = [];
  answers = true;
  /** The values are known to be long. */
  long = false;
  readonly held = new HeldValues(HELD_BYTES);
  nowS = NOW_S;
  readonly clock = new FakeClock();
  readonly repairs = new Repairs({
    clock: this.clock,
    unixTime: () => this.nowS,
    held: this.held,
    mayAnswer: () => this.answers,
    lacks: (key) => this.lacked.push(key.keyText()),
  });

  /** Both servers are connected. */
  static async connected(): Promise<RepairsStage> {
    const stage = new RepairsStage();
    for (const server of [stage.main, stage.copy]) {
      await server.exchange();
      server.network.last.takeSent();
    }
    return stage;
  }

  async repair(...keys: string[]): Promise<void> {
    const copies = { main: this.main.backend, backup: this.copy.backend };
    for (const key of keys) {
      const request = new Request().make(FETCH, toBytes(key), 0, key.length);
      const ended = (left: string) => this.ended.push(`${key} ${left}`);
      this.repairs.repair(request, copies, ended, this.long);
      request.bytes.fill(0x3f);
    }
    await this.turn();
  }

  async turn(): Promise<void> {
    await this.main.turn();
    await this.copy.turn();
  }

  /** What the server was asked since; then it says this. */
  async answer(server: LoneBackend, text: string): Promise<string> {
    const asked = server.network.last.takeSent();
    server.network.last.receive(text);
    await this.turn();
    return asked;
  }

  get counts(): Record<string, number> {
    const all = Object.entries(this.repairs.counters);
    return Object.fromEntries(all.filter(([, count]) => count > 0));
  }
}
