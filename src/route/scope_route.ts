import type { Request } from "../message/request.ts";
import type { Route, Sink } from "./route.ts";

/** Parts reads, changes and commands for all servers, each to its own route. */
export class ScopeRoute implements Route {
  readonly #reads: Route;
  readonly #changes: Route;
  readonly #changesAll: Route;
  readonly #all: Route;

  /** `changesAll`: changes of every server (`flush_all`); `all`: the other keyless commands. */
  constructor(routes: { reads: Route; changes: Route; changesAll: Route; all: Route }) {
    this.#reads = routes.reads;
    this.#changes = routes.changes;
    this.#changesAll = routes.changesAll;
    this.#all = routes.all;
  }

  send(request: Request, sink: Sink): void {
    const { changes, scope } = request.command;
    if (scope === "key") (changes ? this.#changes : this.#reads).send(request, sink);
    else (changes ? this.#changesAll : this.#all).send(request, sink);
  }
}
