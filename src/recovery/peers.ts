/**
 * What is known of the other proxies over the same servers.
 *
 *   hear(notice) ─ newer ──> remembered
 *   beaten(), so many times without a newer one ──> gone: what it announced is settled by us
 *
 * Owned by: Board.
 */

import type { Announcers, Level } from "./announcement.ts";
import type { Notice } from "./notice.ts";

/** Looks at all seats at which a notice did not change; then its proxy is gone. */
const GONE_LOOKS = 5;
/** Proxies that are gone and still remembered: a server that comes back may show them again. */
const GONE_MAX = 64;

/** Remembers the newest notice of every other proxy. */
export class Peers {
  readonly #peers = new Map<string, Peer>();

  /** Those that live. */
  get live(): number {
    return [...this.#peers.values()].filter((peer) => !isGone(peer)).length;
  }

  /** Takes a notice in; what is no newer than what is known says nothing. */
  hear(notice: Notice): void {
    const peer = this.#peers.get(notice.proxy);
    if (peer === undefined) this.#peers.set(notice.proxy, { notice, unchangedLooks: 0 });
    else if (peer.notice.beat < notice.beat) {
      peer.notice = notice;
      peer.unchangedLooks = 0;
    }
  }

  /** All seats are looked at once more. */
  beaten(): void {
    for (const peer of this.#peers.values()) peer.unchangedLooks++;
    this.#forgetOldest();
  }

  /** The proxies that announced that a server misses changes, or lacks keys, gone or not. */
  announcing(server: string): Announcers {
    return announcersOf(server, this.#notices(() => true));
  }

  /** Those of them that are gone. */
  left(server: string): Announcers {
    return announcersOf(server, this.gone);
  }

  /** The last words of proxies that are gone. */
  get gone(): Notice[] {
    return this.#notices(isGone);
  }

  /**
   * What a proxy that is gone announced about a server is settled; gives its new notice. Null for
   * one that is forgotten: somebody else has settled it long since.
   */
  settle(proxy: string, server: string): Notice | null {
    const peer = this.#peers.get(proxy);
    if (peer === undefined) return null;
    const { beat, missed, lacking } = peer.notice;
    const others = (names: readonly string[]) => names.filter((one) => one !== server);
    peer.notice = { proxy, beat: beat + 1, missed: others(missed), lacking: others(lacking) };
    return peer.notice;
  }

  #notices(wanted: (peer: Peer) => boolean): Notice[] {
    return [...this.#peers.values()].filter(wanted).map(({ notice }) => notice);
  }

  #forgetOldest(): void {
    const quiet = this.gone.filter(saysNothing);
    for (const { proxy } of quiet.slice(0, Math.max(0, quiet.length - GONE_MAX))) {
      this.#peers.delete(proxy);
    }
  }
}

/** Nothing has to be settled for its proxy. */
export function saysNothing({ missed, lacking }: Notice): boolean {
  return missed.length === 0 && lacking.length === 0;
}

function announcersOf(server: string, notices: readonly Notice[]): Announcers {
  const of = (level: Level) =>
    notices.filter((notice) => notice[level].includes(server)).map(({ proxy }) => proxy);
  return { missed: of("missed"), lacking: of("lacking") };
}

interface Peer {
  notice: Notice;
  unchangedLooks: number;
}

function isGone({ unchangedLooks }: Peer): boolean {
  return unchangedLooks > GONE_LOOKS;
}
