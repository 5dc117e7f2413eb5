/**
 * Received bytes that are not parsed yet.
 *
 *   append(chunk) -> bytes[pos, end) -> parser moves pos -> keep()
 *
 * A chunk is borrowed and parsed where it lies. What is left of it when the
 * turn ends (`keep`) is copied into a buffer of our own, sized for what the
 * parser said it needs, so that a large value is copied once.
 *
 * Owned by: one session or one connection.
 */

const EMPTY = new Uint8Array(0);
const KEPT_BYTES_MIN = 512;

/** A window of bytes with a reading position. */
export class Input {
  bytes: Uint8Array = EMPTY;
  pos = 0;
  end = 0;
  /** The parser cannot go on before `end - pos` reaches this; 0 when it does not know. */
  need = 0;
  #own = false;

  /** Bytes that wait to be parsed. */
  get length(): number {
    return this.end - this.pos;
  }

  /** Adds what was received; `chunk` stays borrowed until `keep`. */
  append(chunk: Uint8Array): void {
    if (this.pos === this.end) {
      this.bytes = chunk;
      this.pos = 0;
      this.end = chunk.length;
      this.#own = false;
      return;
    }
    this.#makeRoom(chunk.length);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Copies what is left of a borrowed chunk; call before the next read. */
  keep(): void {
    if (this.pos === this.end) {
      this.bytes = EMPTY;
      this.pos = this.end = 0;
      this.#own = false;
      return;
    }
    if (!this.#own) this.#makeRoom(0);
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
      const bytes = new Uint8Array(Math.max(wanted, announced, 2 * length));
      bytes.set(this.bytes.subarray(this.pos, this.end), 0);
      this.bytes = bytes;
      this.#own = true;
    }
    this.pos = 0;
    this.end = length;
  }
}
