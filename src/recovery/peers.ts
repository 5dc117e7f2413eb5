/**
 * What is known of the other proxies over the same servers.
 *
 *   hear(notice) ─ newer ──> remembered
 *   beaten(), so many times without a newer one ──> gone: what it announced is settled by us
 *
 * Owned by: Board.
 */

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

  /** The proxies that announced that a server misses changes, gone or not. */
  announcing(server: string): string[] {
    return this.#notices((notice) => notice.missed.includes(server)).map(({ proxy }) => proxy);
  }

  /** The last words of proxies that are gone. */
  get gone(): Notice[] {
    return this.#notices((_, peer) => isGone(peer));
  }

  /** What a proxy that is gone announced about a server is settled; gives its new notice. */
  settle(proxy: string, server: string): Notice {
    const peer = this.#peers.get(proxy)!;
    const { beat, missed } = peer.notice;
    peer.notice = { proxy, beat: beat + 1, missed: missed.filter((one) => one !== server) };
    return peer.notice;
  }

  #notices(wanted: (notice: Notice, peer: Peer) => boolean): Notice[] {
    const peers = [...this.#peers.values()];
    return peers.filter((peer) => wanted(peer.notice, peer)).map(({ notice }) => notice);
  }

  #forgetOldest(): void {
    const quiet = this.gone.filter(({ missed }) => missed.length === 0);
    for (const { proxy } of quiet.slice(0, Math.max(0, quiet.length - GONE_MAX))) {
      this.#peers.delete(proxy);
    }
  }
}

interface Peer {
  notice: Notice;
  unchangedLooks: number;
}

function isGone({ unchangedLooks }: Peer): boolean {
  return unchangedLooks > GONE_LOOKS;
}
