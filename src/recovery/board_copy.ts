/**
 * The board as one server has it: a seat with a notice for each proxy, and news that
 * change whenever a notice says something new.
 *
 *   look:  news, marker ─ news changed ──────> all seats ───> answered
 *                       └ the same, and whole > taken seats ─┘
 *   write: own seat (claimed once, by `add`) ──> news ──> written
 *
 * Owned by: Board.
 */

import { ADD, DELETE, SET } from "../message/command.ts";
import { ReplyStatus } from "../message/reply.ts";
import { Request } from "../message/request.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { Clock } from "../runtime/clock.ts";
import { GENERATION_KEY, NEWS_KEY, readTexts, SEAT_KEYS, SEATS, writeText } from "./board_keys.ts";
import type { BoardServer } from "./board_options.ts";
import { type Notice, noticeText, readNotice } from "./notice.ts";

/** A server that leaves looks unanswered for so many ticks is not waited for. */
const SILENT_TICKS = 2;

const ALL_SEATS: readonly number[] = Array.from({ length: SEATS }, (_, seat) => seat);

/** What a copy of the board works with, and whom it tells. */
export interface BoardCopyOptions {
  readonly server: BoardServer;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Between two looks, ms. */
  readonly tickMs: number;
  /** As `SILENT_TICKS`, before the server has ever answered. */
  readonly firstSilentTicks: number;
  /** Our own notice as it is now, and the beat of its last change. */
  readonly own: () => { readonly notice: Notice; readonly changedBeat: number };
  /** Something was answered, written or given up. */
  readonly told: () => void;
  /** What the marker of the server says; before `told`. */
  readonly sawMarker: (text: string | null) => void;
  /** All seats are taken. */
  readonly noSeat: () => void;
}

/** Reads and writes one server's copy. */
export class BoardCopy {
  readonly server: BoardServer;
  /** When the last answered look began. */
  answeredMs = -Infinity;
  /** The beat of our own notice that is there; -1 for none. */
  writtenBeat = -1;
  /** By seat, at the last look at all of them. */
  notices: ReadonlyMap<number, Notice> = new Map();
  readonly #options: BoardCopyOptions;
  #seat: number | null = null;
  #looking = false;
  #again = false;
  #writing = false;
  /** What is being written may be gone as soon as it is there. */
  #overtaken = false;
  #silentTicks = 0;
  /** Never what a server answers. */
  #news: string | null = "unread";

  constructor(options: BoardCopyOptions) {
    this.server = options.server;
    this.#options = options;
  }

  /** It has answered once, or cannot be asked at all. */
  get known(): boolean {
    return this.answeredMs > -Infinity || !this.server.usable;
  }

  /** Nothing is expected of it for now. */
  get excused(): boolean {
    const limit = this.known ? SILENT_TICKS : this.#options.firstSilentTicks;
    return !this.server.usable || this.#silentTicks >= limit;
  }

  /** Looks at the news, and at all seats if they changed or `whole` says so. */
  look(whole: boolean): void {
    if (!this.server.usable) {
      // Its copy may be gone when it returns.
      this.writtenBeat = -1;
      this.#silentTicks = SILENT_TICKS;
      return;
    }
    this.write();
    if (this.#looking) this.#silentTicks++;
    else this.#begin(whole);
  }

  /**
   * It is in service again: what it holds is no more excused from being looked at. False when it was
   * not, and was looked at since then.
   */
  returned(sinceMs: number): boolean {
    if (this.#silentTicks < SILENT_TICKS && this.answeredMs >= sinceMs) return false;
    this.#silentTicks = 0;
    // One that is under way, as at the start, waits for this very connection, or the next tick looks.
    if (!this.#looking) this.#begin(true);
    return true;
  }

  /** Looks once more at everything, as soon as the look under way is over. */
  lookAgain(): void {
    if (this.#looking) this.#again = true;
    else this.#begin(true);
  }

  #begin(whole: boolean): void {
    this.#looking = true;
    this.#again = false;
    const beganMs = this.#options.clock.now();
    readTexts(this.server, [NEWS_KEY, GENERATION_KEY], (texts) => {
      if (texts === null) return this.#lookEnds(null);
      const [news, marker] = texts;
      this.#options.sawMarker(marker);
      const sameNews = news === this.#news;
      if (sameNews && !whole) return this.#lookEnds(beganMs);
      // A seat that was taken since would be news; and an empty one is a miss in the server's stats.
      const seats = sameNews ? [...this.notices.keys()] : ALL_SEATS;
      this.#readSeats(seats, (read) => {
        if (read) this.#news = news;
        this.#lookEnds(read ? beganMs : null);
      });
    });
  }

  /** Writes our notice, if what is there is older. */
  write(): void {
    const { notice } = this.#options.own();
    if (this.#writing || this.writtenBeat >= notice.beat || !this.server.usable) return;
    if (this.#seat === null && this.notices.size === SEATS) return;
    this.#writing = true;
    if (this.#seat === null) return this.#claim(notice);
    writeText(this.server, [SET, SEAT_KEYS[this.#seat], noticeText(notice)], (status) => {
      if (status === ReplyStatus.Stored) this.#tellNews(notice);
      else this.#writeEnds(-1);
    });
  }

  /** Writes our notice, whatever is there, and whatever is being written. */
  writeAgain(): void {
    this.writtenBeat = -1;
    this.#overtaken = this.#writing;
    this.write();
  }

  /** Leaves in place of a notice what is true since its servers were put in order. */
  replace(notice: Notice): void {
    for (const [seat, old] of this.notices) {
      if (old.proxy !== notice.proxy) continue;
      writeText(this.server, [SET, SEAT_KEYS[seat], noticeText(notice)], () => this.#bumpNews());
    }
  }

  /** Frees the seat of a proxy that is gone. */
  remove(proxy: string): void {
    for (const [seat, { proxy: owner }] of this.notices) {
      if (owner !== proxy) continue;
      const key = SEAT_KEYS[seat];
      const request = new Request().make(DELETE, key, 0, key.length);
      this.server.sendOr(request, new CallbackSink(() => {}), null);
    }
  }

  #readSeats(seats: readonly number[], then: (read: boolean) => void): void {
    const keys = seats.map((seat) => SEAT_KEYS[seat]);
    readTexts(this.server, keys, (texts) => {
      if (texts === null) return then(false);
      const found = new Map<number, Notice>();
      for (const [at, text] of texts.entries()) {
        const notice = text === null ? null : readNotice(text);
        if (notice !== null) found.set(seats[at], notice);
      }
      this.notices = found;
      this.#checkSeat();
      then(true);
    });
  }

  /** Lost in a flush or a restart, our notice is written again; a seat of somebody else is left. */
  #checkSeat(): void {
    if (this.#seat === null || this.#writing) return;
    const there = this.notices.get(this.#seat);
    const { notice } = this.#options.own();
    if (there === undefined) this.writtenBeat = -1;
    else if (there.proxy !== notice.proxy) {
      this.#seat = null;
      this.writtenBeat = -1;
    }
  }

  #lookEnds(beganMs: number | null): void {
    this.#looking = false;
    if (beganMs !== null) {
      this.answeredMs = beganMs;
      this.#silentTicks = 0;
    }
    this.#options.told();
    const { clock, tickMs } = this.#options;
    // An answer that took long says little of now.
    if (beganMs !== null && clock.now() - beganMs > tickMs) this.#again = true;
    if (this.#again && !this.#looking) this.#begin(true);
  }

  /** Seats are tried from one at random, so that proxies that start together do not meet. */
  #claim(notice: Notice): void {
    const from = Math.floor(this.#options.random() * SEATS);
    const tryNext = (tried: number): void => {
      if (tried === SEATS) {
        this.#options.noSeat();
        return this.#writeEnds(-1);
      }
      const seat = (from + tried) % SEATS;
      writeText(this.server, [ADD, SEAT_KEYS[seat], noticeText(notice)], (status) => {
        if (status === ReplyStatus.NotStored) return tryNext(tried + 1);
        if (status !== ReplyStatus.Stored) return this.#writeEnds(-1);
        this.#seat = seat;
        this.#tellNews(notice);
      });
    };
    tryNext(0);
  }

  /** A notice that says nothing new is found by those who look at all seats. */
  #tellNews(notice: Notice): void {
    if (this.writtenBeat >= this.#options.own().changedBeat) return this.#writeEnds(notice.beat);
    this.#bumpNews((stored) => this.#writeEnds(stored ? notice.beat : -1));
  }

  #bumpNews(then: (stored: boolean) => void = () => {}): void {
    const news = this.#options.random().toString(36).slice(2);
    writeText(this.server, [SET, NEWS_KEY, news], (status) => then(status === ReplyStatus.Stored));
  }

  #writeEnds(beat: number): void {
    this.#writing = false;
    if (beat >= 0 && !this.#overtaken) this.writtenBeat = beat;
    this.#overtaken = false;
    this.#options.told();
    if (beat >= 0) this.write();
  }
}
