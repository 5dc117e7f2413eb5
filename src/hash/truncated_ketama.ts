/**
 * Ketama as magent 0.5 and 0.6 shipped it, for those who must find their keys again.
 *
 * They kept the key's point in eight bits, so only the first byte of its MD5
 * survived: nearly every key belongs to the owner of the smallest point of the
 * ring. A byte of 0 counted as "no point", and such keys went by modulo.
 */

import type { Distribution, ServerPoint } from "./distribution.ts";
import { KetamaRing } from "./ketama_ring.ts";
import { Md5 } from "./md5.ts";
import { Modulo } from "./modulo.ts";

/** Placement by the first byte of the key's MD5 on magent's ketama ring. */
export class TruncatedKetama implements Distribution {
  readonly #md5 = new Md5();
  readonly #modulo: Modulo;
  /** The owner of the key point 0 to 255. */
  readonly #owners: Uint16Array;

  constructor(servers: readonly ServerPoint[]) {
    const ring = new KetamaRing(servers);
    this.#modulo = new Modulo(servers);
    this.#owners = Uint16Array.from(
      { length: 256 },
      (_, point) => ring.ownerOfPoint(point),
    );
  }

  owner(bytes: Uint8Array, start: number, end: number): number {
    const point = this.#md5.digest(bytes, start, end)[0] & 0xff;
    if (point === 0) return this.#modulo.owner(bytes, start, end);
    return this.#owners[point];
  }
}
