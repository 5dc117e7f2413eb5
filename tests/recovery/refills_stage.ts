/** One server's refills between two servers that the test answers for. */

import { Reply, ReplyStatus } from "../../src/message/reply.ts";
import { HeldValues } from "../../src/recovery/held_values.ts";
import { Journal } from "../../src/recovery/journal.ts";
import { Refills } from "../../src/recovery/refills.ts";
import { CopyOrder } from "../../src/route/copy_order.ts";
import type { Destination } from "../../src/route/route.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDestination, hitOf, replyOf, withCas } from "../support/fake_destination.ts";
import { toBytes } from "../support/latin1.ts";
import { settled } from "../support/settled.ts";

/** How a copy is asked, and once more when its value is known. */
export const LOOK = "mg k v f t c\r\n";
export const LOOK_AGAIN = "mg k f t c\r\n";
/** Values that come in parts and are held together. */
export const HELD_BYTES = 1000;

/** A server that missed a change of `k`, and the one that holds the copy. */
export class RefillsStage {
  readonly server = new FakeDestination("server");
  readonly copy = new FakeDestination("copy");
  readonly journal = new Journal(10);
  readonly order = new CopyOrder();
  readonly clock = new FakeClock();
  readonly held = new HeldValues(HELD_BYTES);
  readonly refills: Refills;
  copyMayAnswer = true;
  flushMissed = false;
  nowS = 0;
  /** What the copy lacks, nobody has. */
  copyKnows = true;
  readonly beingRestored = new Set<Destination>();
  /** How the run ended; null while it is under way. */
  whole: boolean | null = null;

  constructor(keys: readonly string[] = ["k"]) {
    for (const key of keys) this.journal.add(key);
    this.refills = new Refills({
      journal: this.journal,
      order: this.order,
      held: this.held,
      unixTime: () => this.nowS,
      copiesOf: () => this.copyMayAnswer ? { main: this.server, backup: this.copy } : null,
      flushMissed: () => this.flushMissed,
      beingRestored: (server) => this.beingRestored.has(server),
      knows: () => this.copyKnows,
      clock: this.clock,
      graceMs: 2000,
      missedAgain: (key) => this.journal.add(key.keyText()),
    });
    this.journal.lastRoundBegins();
    void this.refills.run(keys).then((whole) => this.whole = whole);
  }

  /** What the copy holds. */
  async found(value: string, cas: string, { flags = 0, ttl = -1 } = {}): Promise<void> {
    const reply = hitOf(value, { flags, ttl });
    await this.#answer(this.copy, withCas(reply, ` c${cas}`));
  }

  /** What the server holds. */
  async atServer(value: string, cas: string, { ttl = -1 } = {}): Promise<void> {
    await this.#answer(this.server, withCas(hitOf(value, { ttl }), ` c${cas}`));
  }

  /** What a server holds, in three parts. */
  async foundInParts(server: FakeDestination, value: string, cas: string): Promise<void> {
    const head = withCas(hitOf(value), ` c${cas}`);
    const { sink } = server.take();
    sink.begin(head);
    const bytes = toBytes(`${value}\r\n`);
    const third = Math.ceil(bytes.length / 3);
    for (let at = 0; at < bytes.length; at += third) {
      sink.part(bytes, at, Math.min(at + third, bytes.length));
    }
    sink.end(true);
    await settled();
  }

  async fromCopy(line: string): Promise<void> {
    await this.#answer(this.copy, replyOf(line));
  }

  async fromServer(line: string): Promise<void> {
    await this.#answer(this.server, replyOf(line));
  }

  async added(cas: string): Promise<void> {
    await this.#answer(this.server, withCas(Reply.fixed(ReplyStatus.Stored, "HD\r\n"), ` c${cas}`));
  }

  async lost(server: FakeDestination): Promise<void> {
    server.fail();
    await settled();
  }

  get counts(): string {
    return JSON.stringify({ ...this.refills.counters });
  }

  async #answer(server: FakeDestination, reply: Reply): Promise<void> {
    server.answerWith(reply);
    await settled();
  }
}
