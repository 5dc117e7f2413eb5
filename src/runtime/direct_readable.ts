/**
 * A readable stream of bytes that hands a chunk from its socket straight to whoever reads.
 *
 *   read() -> wanted() … deliver(chunk) -> the promise of that read
 *   deliver(chunk) that nobody waits for -> one chunk held until the next read()
 *
 * It has the face of the Web-standard stream and its reader, and none of the machinery: queues,
 * sizes and strategies cost a runtime more per chunk than all the rest of a small request. What
 * is not reading chunk by chunk (`pipeTo`, `tee`, `for await`) goes through a standard stream
 * that is made for it. One read waits at a time.
 *
 * Owned by: a socket.
 */

/** What a readable asks of its socket. */
export interface ByteSource {
  /** Somebody waits for a chunk, or has taken the one that was held. */
  wanted(): void;
  /** Nobody wants more. */
  cancelled(): void;
}

type Chunks = ReturnType<ReadableStream<Uint8Array>["values"]>;
type ReadResult = ReadableStreamReadResult<Uint8Array>;

const NO_ERROR = new Error("No error");

/** The receiving half of a socket. */
export class DirectReadable
  implements ReadableStream<Uint8Array>, ReadableStreamDefaultReader<Uint8Array> {
  readonly #source: ByteSource;
  #state: "open" | "ended" | "failed" = "open";
  #error: unknown = NO_ERROR;
  #held: Uint8Array | null = null;
  #locked = false;
  #resolve: ((result: ReadResult) => void) | null = null;
  #reject: ((error: unknown) => void) | null = null;
  #closed: PromiseWithResolvers<undefined> | null = null;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** A chunk that nobody has taken is held. */
  get holds(): boolean {
    return this.#held !== null;
  }

  /** Hands over a chunk; a socket holds back further ones while one is held. */
  deliver(chunk: Uint8Array): void {
    if (this.#state !== "open") return;
    const resolve = this.#resolve;
    if (resolve === null) {
      this.#held = this.#held === null ? chunk : joined(this.#held, chunk);
      return;
    }
    this.#resolve = this.#reject = null;
    resolve({ value: chunk, done: false });
  }

  /** No more will come; what is held can still be read. */
  end(): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.#resolve?.({ done: true });
    this.#resolve = this.#reject = null;
    this.#closed?.resolve(undefined);
  }

  /** It broke. */
  fail(error: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "failed";
    this.#error = error;
    this.#held = null;
    this.#reject?.(error);
    this.#resolve = this.#reject = null;
    this.#closed?.reject(error);
  }

  get locked(): boolean {
    return this.#locked;
  }

  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(): ReadableStreamDefaultReader<Uint8Array>;
  getReader(
    options?: ReadableStreamGetReaderOptions,
  ): ReadableStreamReader<Uint8Array>;
  getReader(
    options?: ReadableStreamGetReaderOptions,
  ): ReadableStreamReader<Uint8Array> {
    if (options?.mode !== undefined) throw new TypeError("A socket has no reader of mode byob");
    if (this.#locked) throw new TypeError("The stream has a reader already");
    this.#locked = true;
    return this;
  }

  releaseLock(): void {
    this.#locked = false;
  }

  read(): Promise<ReadResult> {
    const held = this.#held;
    if (held !== null) {
      this.#held = null;
      this.#source.wanted();
      return Promise.resolve({ value: held, done: false });
    }
    if (this.#state === "ended") return Promise.resolve({ done: true });
    if (this.#state === "failed") return Promise.reject(this.#error);
    if (this.#resolve !== null) return Promise.reject(new TypeError("A read is waiting already"));
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#source.wanted();
    });
  }

  cancel(): Promise<void> {
    if (this.#state === "failed") return Promise.reject(this.#error);
    this.#held = null;
    if (this.#state === "open") {
      this.end();
      this.#source.cancelled();
    }
    return Promise.resolve();
  }

  get closed(): Promise<undefined> {
    if (this.#closed === null) {
      this.#closed = Promise.withResolvers();
      // Whoever asks may not care how it ends.
      this.#closed.promise.catch(() => {});
      if (this.#state === "ended") this.#closed.resolve(undefined);
      if (this.#state === "failed") this.#closed.reject(this.#error);
    }
    return this.#closed.promise;
  }

  pipeTo(
    destination: WritableStream<Uint8Array>,
    options?: StreamPipeOptions,
  ): Promise<void> {
    return this.#standard().pipeTo(destination, options);
  }

  pipeThrough<T>(
    transform: ReadableWritablePair<T, Uint8Array>,
    options?: StreamPipeOptions,
  ): ReadableStream<T> {
    return this.#standard().pipeThrough(transform, options);
  }

  tee(): [ReadableStream<Uint8Array>, ReadableStream<Uint8Array>] {
    return this.#standard().tee();
  }

  values(
    options?: ReadableStreamIteratorOptions,
  ): Chunks {
    return this.#standard().values(options);
  }

  [Symbol.asyncIterator](
    options?: ReadableStreamIteratorOptions,
  ): Chunks {
    return this.values(options);
  }

  #standard(): ReadableStream<Uint8Array> {
    const reader = this.getReader();
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first, 0);
  bytes.set(second, first.length);
  return bytes;
}
