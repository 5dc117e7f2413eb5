import type { Phase } from "../route/route.ts";

/** What other workers of the process know of a server, and what they are told of it. */
export interface Elsewhere {
  /** One of them knows of changes that the server missed, or puts it back in order. */
  readonly troubled: boolean;
  /** One of them puts it back in order: it may not have what its copies have. */
  readonly lacks: boolean;
  /** Here nothing is known any more that it missed. */
  missesNothing(): void;
  /** Here it is trusted with more or less than before. */
  entered(phase: Phase): void;
}
