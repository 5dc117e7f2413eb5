import type { Request } from "../message/request.ts";
import type { Pool } from "./pool.ts";
import type { Route, Sink } from "./route.ts";

/** Sends each request to the one server that owns its key. */
export class PoolRoute implements Route {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  send(request: Request, sink: Sink): void {
    this.#pool.pick(request).sendOr(request, sink, null);
  }
}
