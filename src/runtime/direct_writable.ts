/**
 * A writable stream of bytes that hands a chunk straight to its socket.
 *
 *   write(chunk) -> socket … settled() -> the promise of that write
 *   write() while another is under way -> after that one
 *
 * It has the face of the Web-standard stream and its writer, and none of the machinery, as
 * `DirectReadable` has. A write that is done at once costs no promise.
 *
 * Owned by: a socket.
 */

/** What a writable asks of its socket. */
export interface ByteTarget {
  /** Writes; null when it is done at once, else the socket says `settled` before the promise is. */
  write(chunk: Uint8Array): Promise<void> | null;
  /** Tells the peer that no more will come. */
  shutDown(): void | Promise<void>;
  aborted(): void;
}

const DONE: Promise<undefined> = Promise.resolve(undefined);

/** The sending half of a socket. */
export class DirectWritable
  implements WritableStream<Uint8Array>, WritableStreamDefaultWriter<Uint8Array> {
  readonly #target: ByteTarget;
  /** `ending`: the socket has not told the peer yet. */
  #state: "open" | "ending" | "ended" | "failed" = "open";
  #error: unknown = null;
  #locked = false;
  /** Writes that are not settled, and the promise of the last of them. */
  #unsettled = 0;
  #last: Promise<void> = DONE;
  #closed: PromiseWithResolvers<undefined> | null = null;

  constructor(target: ByteTarget) {
    this.#target = target;
  }

  /** A write that was not done at once is done, or has failed. */
  settled(): void {
    this.#unsettled--;
  }

  /** Nothing more can be written. */
  fail(error: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "failed";
    this.#error = error;
    this.#closed?.reject(error);
  }

  get locked(): boolean {
    return this.#locked;
  }

  getWriter(): WritableStreamDefaultWriter<Uint8Array> {
    if (this.#locked) throw new TypeError("The stream has a writer already");
    this.#locked = true;
    return this;
  }

  releaseLock(): void {
    this.#locked = false;
  }

  write(chunk?: Uint8Array): Promise<void> {
    if (this.#state !== "open") return Promise.reject(this.#refusal());
    if (chunk === undefined) return DONE;
    if (this.#unsettled > 0) return this.#writeLater(chunk);
    const writing = this.#target.write(chunk);
    if (writing === null) return DONE;
    this.#unsettled++;
    this.#last = writing;
    return writing;
  }

  close(): Promise<void> {
    if (this.#state !== "open") return Promise.reject(this.#refusal());
    this.#state = "ending";
    this.#last = this.#shutDown(this.#last);
    return this.#last;
  }

  abort(reason?: unknown): Promise<void> {
    if (this.#state === "failed") return DONE;
    this.fail(reason ?? new Error("The stream was aborted"));
    this.#target.aborted();
    return DONE;
  }

  get ready(): Promise<undefined> {
    return this.#last.then(() => undefined);
  }

  get desiredSize(): number | null {
    if (this.#state === "failed") return null;
    return this.#state === "open" && this.#unsettled === 0 ? 1 : 0;
  }

  get closed(): Promise<undefined> {
    if (this.#closed === null) {
      this.#closed = Promise.withResolvers();
      // Whoever asks may not care how it ends.
      this.#closed.promise.catch(() => {});
      if (this.#state === "failed") this.#closed.reject(this.#error);
      if (this.#state === "ended") this.#closed.resolve(undefined);
    }
    return this.#closed.promise;
  }

  #writeLater(chunk: Uint8Array): Promise<void> {
    this.#unsettled++;
    this.#last = this.#last.then(() => {
      if (this.#state === "failed") throw this.#error;
      const writing = this.#target.write(chunk);
      if (writing === null) this.settled();
      return writing ?? undefined;
    });
    return this.#last;
  }

  async #shutDown(last: Promise<void>): Promise<void> {
    await last;
    await this.#target.shutDown();
    this.#state = "ended";
    this.#closed?.resolve(undefined);
  }

  #refusal(): unknown {
    return this.#state === "failed" ? this.#error : new TypeError("The stream was closed");
  }
}
