/**
 * Counts the replies of one client's batch and judges each of them.
 *
 *   expect() per request -> count(chunk) per chunk -> isDone
 *
 * A reply that is right has a known length, so counting is stepping; only a
 * reply cut by the end of a chunk is copied, to be completed by the next one.
 *
 * Owned by: LoadClient.
 */

import type { Workload } from "./workload.ts";

const STORED = new TextEncoder().encode("STORED\r\n");
const LETTER_V = 0x56;

/** Counts and checks the replies to a batch of at most `depth` requests. */
export class ReplyCounter {
  readonly #workload: Workload;
  readonly #keys: Uint32Array;
  readonly #isSet: Uint8Array;
  readonly #cut: Uint8Array;
  #cutLength = 0;
  #expected = 0;
  #counted = 0;

  constructor(workload: Workload, depth: number) {
    this.#workload = workload;
    this.#keys = new Uint32Array(depth);
    this.#isSet = new Uint8Array(depth);
    this.#cut = new Uint8Array(Math.max(workload.hitBytes, STORED.length));
  }

  /** True when every expected reply has been counted. */
  get isDone(): boolean {
    return this.#counted === this.#expected;
  }

  /** Adds a request to the batch; a batch that was done starts anew. */
  expect(key: number, isSet: boolean): void {
    if (this.isDone) this.#expected = this.#counted = 0;
    this.#keys[this.#expected] = key;
    this.#isSet[this.#expected++] = isSet ? 1 : 0;
  }

  /** Returns how many replies end in this chunk; throws an `Error` at one that is wrong. */
  count(chunk: Uint8Array): number {
    const before = this.#counted;
    let offset = this.#cutLength > 0 ? this.#completeCut(chunk) : 0;
    while (offset < chunk.length) {
      const length = this.#nextLength(chunk, offset);
      if (offset + length > chunk.length) {
        this.#keepCut(chunk, offset);
        break;
      }
      this.#judge(chunk, offset);
      offset += length;
    }
    return this.#counted - before;
  }

  #completeCut(chunk: Uint8Array): number {
    const length = this.#nextLength(this.#cut, 0);
    const taken = Math.min(length - this.#cutLength, chunk.length);
    this.#cut.set(chunk.subarray(0, taken), this.#cutLength);
    this.#cutLength += taken;
    if (this.#cutLength < length) return taken;
    this.#cutLength = 0;
    this.#judge(this.#cut, 0);
    return taken;
  }

  #keepCut(chunk: Uint8Array, offset: number): void {
    this.#cut.set(chunk.subarray(offset));
    this.#cutLength = chunk.length - offset;
  }

  /**
   * The length of the reply that starts here. Its first byte is judged at once:
   * an error line is shorter than a hit, and waiting for the rest of the hit
   * would be waiting for ever.
   */
  #nextLength(bytes: Uint8Array, offset: number): number {
    if (this.isDone) throw new Error(`Unasked reply ${lineAt(bytes, offset)}`);
    const isSet = this.#isSet[this.#counted] === 1;
    if (bytes[offset] !== (isSet ? STORED[0] : LETTER_V)) this.#fail(bytes, offset);
    return isSet ? STORED.length : this.#workload.hitBytes;
  }

  #judge(bytes: Uint8Array, offset: number): void {
    const index = this.#counted;
    const isRight = this.#isSet[index] === 1
      ? isStored(bytes, offset)
      : this.#workload.isHit(this.#keys[index], bytes, offset);
    if (!isRight) this.#fail(bytes, offset);
    this.#counted++;
  }

  #fail(bytes: Uint8Array, offset: number): never {
    const command = this.#isSet[this.#counted] === 1 ? "set" : "get";
    const key = this.#keys[this.#counted];
    throw new Error(`Wrong reply to ${command} of key ${key}: ${lineAt(bytes, offset)}`);
  }
}

function isStored(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < STORED.length; i++) {
    if (bytes[offset + i] !== STORED[i]) return false;
  }
  return true;
}

/** The line at the offset, quoted and shortened, for an error's text. */
function lineAt(bytes: Uint8Array, offset: number): string {
  const text = new TextDecoder().decode(bytes.subarray(offset, offset + 80));
  return JSON.stringify(text.split("\r\n", 1)[0]);
}
