/**
 * MD5 (RFC 1321), for placement only: ketama puts servers and keys on its ring by it.
 *
 * The runtimes' own digests make a buffer, a string or a promise per call. This one
 * works on a range of bytes in arrays it keeps, so a key costs no allocation.
 */

const BLOCK_BYTES = 64;
/** Where in the last block the length of the message stands, in words. */
const LENGTH_WORD = 14;

/** The additive constants of the RFC: the first 32 bits after the point of |sin(1)|, |sin(2)|, … */
const SINES = Int32Array.from(
  { length: 64 },
  (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32),
);

/** An MD5 that digests one range of bytes at a time. */
export class Md5 {
  readonly #block = new Int32Array(BLOCK_BYTES / 4);
  readonly #state = new Int32Array(4);
  readonly #words = new Uint32Array(this.#state.buffer);

  /**
   * The digest of `bytes[start, end)` as four words, each little-endian in the
   * sixteen bytes of the RFC. The array is borrowed: valid until the next call.
   */
  digest(bytes: Uint8Array, start: number, end: number): Uint32Array {
    const state = this.#state;
    state[0] = 0x67452301;
    state[1] = 0xefcdab89;
    state[2] = 0x98badcfe;
    state[3] = 0x10325476;
    let at = start;
    for (; end - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
      loadBlock(this.#block, bytes, at, at + BLOCK_BYTES);
      addBlock(state, this.#block);
    }
    this.#addEnd(bytes, at, end, end - start);
    return this.#words;
  }

  /** What is left of the message, a one bit, zeros, and the length of the message in bits. */
  #addEnd(
    bytes: Uint8Array,
    at: number,
    end: number,
    messageBytes: number,
  ): void {
    const block = this.#block;
    block.fill(0);
    loadBlock(block, bytes, at, end);
    const rest = end - at;
    block[rest >> 2] |= 0x80 << ((rest & 3) << 3);
    if (rest >> 2 >= LENGTH_WORD) {
      addBlock(this.#state, block);
      block.fill(0);
    }
    block[LENGTH_WORD] = messageBytes << 3;
    block[LENGTH_WORD + 1] = messageBytes >>> 29;
    addBlock(this.#state, block);
  }
}

/** Packs `bytes[at, end)`, at most a block, into words; the bytes of a last, partial word are ored in. */
function loadBlock(
  block: Int32Array,
  bytes: Uint8Array,
  at: number,
  end: number,
): void {
  let word = 0;
  for (; at + 4 <= end; at += 4) {
    block[word++] = bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
      bytes[at + 3] << 24;
  }
  for (let shift = 0; at < end; at++, shift += 8) {
    block[word] |= bytes[at] << shift;
  }
}

/**
 * The compression function: 64 steps, four at a time so that the roles of the words stay fixed.
 * `| 0` on every sum keeps compilers in 32-bit integers, which can save a third of the time.
 */
function addBlock(state: Int32Array, x: Int32Array): void {
  let a = state[0], b = state[1], c = state[2], d = state[3];
  for (let i = 0; i < 16; i += 4) {
    a = step(a + (d ^ b & (c ^ d)) + x[i] + SINES[i] | 0, 7, b);
    d = step(d + (c ^ a & (b ^ c)) + x[i + 1] + SINES[i + 1] | 0, 12, a);
    c = step(c + (b ^ d & (a ^ b)) + x[i + 2] + SINES[i + 2] | 0, 17, d);
    b = step(b + (a ^ c & (d ^ a)) + x[i + 3] + SINES[i + 3] | 0, 22, c);
  }
  for (let i = 16; i < 32; i += 4) {
    a = step(a + (c ^ d & (b ^ c)) + x[5 * i + 1 & 15] + SINES[i] | 0, 5, b);
    d = step(
      d + (b ^ c & (a ^ b)) + x[5 * i + 6 & 15] + SINES[i + 1] | 0,
      9,
      a,
    );
    c = step(
      c + (a ^ b & (d ^ a)) + x[5 * i + 11 & 15] + SINES[i + 2] | 0,
      14,
      d,
    );
    b = step(b + (d ^ a & (c ^ d)) + x[5 * i & 15] + SINES[i + 3] | 0, 20, c);
  }
  for (let i = 32; i < 48; i += 4) {
    a = step(a + (b ^ c ^ d) + x[3 * i + 5 & 15] + SINES[i] | 0, 4, b);
    d = step(d + (a ^ b ^ c) + x[3 * i + 8 & 15] + SINES[i + 1] | 0, 11, a);
    c = step(c + (d ^ a ^ b) + x[3 * i + 11 & 15] + SINES[i + 2] | 0, 16, d);
    b = step(b + (c ^ d ^ a) + x[3 * i + 14 & 15] + SINES[i + 3] | 0, 23, c);
  }
  for (let i = 48; i < 64; i += 4) {
    a = step(a + (c ^ (b | ~d)) + x[7 * i & 15] + SINES[i] | 0, 6, b);
    d = step(d + (b ^ (a | ~c)) + x[7 * i + 7 & 15] + SINES[i + 1] | 0, 10, a);
    c = step(c + (a ^ (d | ~b)) + x[7 * i + 14 & 15] + SINES[i + 2] | 0, 15, d);
    b = step(b + (d ^ (c | ~a)) + x[7 * i + 5 & 15] + SINES[i + 3] | 0, 21, c);
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

/** Rotates `sum` left and adds `onto`. */
function step(sum: number, bits: number, onto: number): number {
  return (sum << bits | sum >>> 32 - bits) + onto | 0;
}
