/**
 * Received bytes that are not parsed yet.
 *
 *   append(chunk) -> bytes[pos, end) -> parser moves pos -> keep()
 *   begin(chunk) -> … -> goOn() -> … false -> keep()
 *
 * A chunk is borrowed and parsed where it lies. What is left of it when the
 * turn ends (`keep`) is copied into a buffer of our own, sized for what the
 * parser said it needs, so that a large value is copied once. With `begin` only as
 * much of the next chunk is copied behind it as completes it; the rest of the chunk
 * is parsed where it lies, when the parser needs more and asks to go on.
 *
 * Owned by: one session or one connection.
 */

const EMPTY = new Uint8Array(0);
const KEPT_BYTES_MIN = 512;
/** What is copied behind the beginning of something whose length is not known. */
const PIECE_BYTES = 512;

/** A window of bytes with a reading position. */
export class Input {
  bytes: Uint8Array = EMPTY;
  pos = 0;
  end = 0;
  /** The parser cannot go on before `end - pos` reaches this; 0 when it does not know. */
  need = 0;
  #own = false;
  /** Of the chunk that was begun with: what has not been reached. */
  #rest: Uint8Array = EMPTY;
  #restAt = 0;
  /** A buffer of our own that holds nothing, to be used again. */
  #spare: Uint8Array = EMPTY;
  readonly #spareBytesMax: number;

  /** `spareBytesMax`: up to this size a buffer is kept, to be used again. */
  constructor(spareBytesMax = 0) {
    this.#spareBytesMax = spareBytesMax;
  }

  /** Bytes that wait to be parsed. */
  get length(): number {
    return this.end - this.pos;
  }

  /** Adds what was received; `chunk` stays borrowed until `keep`. */
  append(chunk: Uint8Array): void {
    if (this.pos === this.end) {
      this.#release();
      this.bytes = chunk;
      this.pos = 0;
      this.end = chunk.length;
      return;
    }
    this.#makeRoom(chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** As `append`, but what follows the first that is complete stays where it lies until `goOn`. */
  begin(chunk: Uint8Array): void {
    this.#rest = chunk;
    this.#restAt = 0;
    this.goOn();
  }

  /** The parser needs more: false when nothing more has come. Changes `bytes`. */
  goOn(): boolean {
    const rest = this.#rest;
    const left = rest.length - this.#restAt;
    if (left === 0) return false;
    if (this.pos === this.end) {
      this.#release();
      this.bytes = rest;
      this.pos = this.#restAt;
      this.end = rest.length;
      this.#restAt = rest.length;
      return true;
    }
    const missing = this.need > this.length ? this.need - this.length : PIECE_BYTES;
    const count = Math.min(left, missing);
    this.#makeRoom(count);
    this.bytes.set(rest.subarray(this.#restAt, this.#restAt + count), this.end);
    this.end += count;
    this.#restAt += count;
    return true;
  }

  /** Copies what is left of a borrowed chunk; call before the next read. */
  keep(): void {
    this.#rest = EMPTY;
    this.#restAt = 0;
    if (this.pos === this.end) {
      this.#release();
      this.bytes = EMPTY;
      this.pos = this.end = 0;
      return;
    }
    if (!this.#own) this.#makeRoom(0);
  }

  /** Nothing is left in a buffer of our own. */
  #release(): void {
    const kept = this.#own && this.bytes.length <= this.#spareBytesMax;
    if (kept && this.bytes.length > this.#spare.length) this.#spare = this.bytes;
    this.#own = false;
  }

  #bufferOf(least: number): Uint8Array {
    const spare = this.#spare;
    if (spare.length < least) return new Uint8Array(least);
    this.#spare = EMPTY;
    return spare;
  }

  #makeRoom(more: number): void {
    const length = this.length;
    const wanted = Math.max(length + more, KEPT_BYTES_MIN);
    if (this.#own && this.bytes.length - this.end >= more) return;
    if (this.#own && this.bytes.length >= wanted) {
      this.bytes.copyWithin(0, this.pos, this.end);
    } else {
      // Doubling keeps what arrives byte by byte linear. What is only announced takes no
      // memory yet; past a quarter of it, the rest is likely to come.
      const announced = 4 * wanted >= this.need ? this.need : 0;
      const bytes = this.#bufferOf(Math.max(wanted, announced, 2 * length));
      bytes.set(this.bytes.subarray(this.pos, this.end), 0);
      this.bytes = bytes;
      this.#own = true;
    }
    this.pos = 0;
    this.end = length;
  }
}
