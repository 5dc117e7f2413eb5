/** Named servers and the distribution that spreads keys over them. */

import type { Distribution } from "../hash/distribution.ts";
import type { Request } from "../message/request.ts";
import type { Destination } from "./route.ts";

/** Picks the server that owns a key. */
export class Pool {
  readonly destinations: readonly Destination[];
  readonly #distribution: Distribution;

  constructor(destinations: readonly Destination[], distribution: Distribution) {
    this.destinations = destinations;
    this.#distribution = distribution;
  }

  pick(request: Request): Destination {
    const { keyBytes, keyStart, keyEnd } = request;
    return this.destinations[this.#distribution.owner(keyBytes, keyStart, keyEnd)];
  }
}
