/**
 * The lock on a server: of several proxies one puts it in order for those that are gone.
 *
 *   take ── add, with a word of its own ──> held, for half a minute at most
 *   release ── the word is still there ──> md k C<cas>: another holder's lock stays
 *
 * A flush of the server takes it along.
 *
 * Owned by: PeerWait, while it takes over.
 */

import { ADD, MD_DECIDED } from "../message/command.ts";
import { ReplyStatus } from "../message/reply.ts";
import type { Destination } from "../route/route.ts";
import { askKey, casOf, lookAt, ownRequest } from "./ask_key.ts";
import { LOCK_KEY, writeText } from "./board_keys.ts";

/** A lock outlives the grace and the flush; who dies with it in hand holds up nobody for longer. */
const LOCK_SECONDS = 30;

/** A server that only its holder puts in order. */
export class ServerLock {
  readonly #server: Destination;
  readonly #word: string;

  private constructor(server: Destination, word: string) {
    this.#server = server;
    this.#word = word;
  }

  /** Null when another proxy holds it, or the server does not answer; `random`: in [0, 1). */
  static take(server: Destination, random: () => number): Promise<ServerLock | null> {
    const word = random().toString(36).slice(2, 12);
    return new Promise((resolve) => {
      const told = (status: ReplyStatus) =>
        resolve(status === ReplyStatus.Stored ? new ServerLock(server, word) : null);
      writeText(server, [ADD, LOCK_KEY, word], told, LOCK_SECONDS);
    });
  }

  /** Nobody has to wait until it is over. A server without meta cannot tell whose it is: it stays. */
  async release(): Promise<void> {
    if (!this.#server.speaksMeta) return;
    const held = await lookAt(this.#server, LOCK_KEY);
    if (held?.status !== ReplyStatus.Hit) return;
    const text = new TextDecoder().decode(held.bytes.subarray(held.valueStart, held.valueEnd));
    if (text !== this.#word) return;
    const release = ownRequest(MD_DECIDED, LOCK_KEY);
    release.cas = casOf(held);
    await askKey(this.#server, release);
  }
}
