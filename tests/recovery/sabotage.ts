/** Ways to spoil recovery, to see that the model notices. */

import type { Identity } from "../../src/backend/identity.ts";
import { FETCH, TOUCH } from "../../src/message/command.ts";
import type { Request } from "../../src/message/request.ts";
import type { Destination, Phase, Rescue, Sink } from "../../src/route/route.ts";
import { TroubledChanges } from "../../src/route/troubled_changes.ts";
import type { ModelRun } from "./model_run.ts";

/** The compare of a repair becomes a plain set. */
export function dropCompare({ world }: ModelRun): void {
  for (const server of world.network.servers) {
    server.tamper = ({ words, data }) => ({
      words: words[0] === "ms" ? words.filter((word) => word[0] !== "C") : words,
      data,
    });
  }
}

/**
 * Servers hide the connections that we have closed: nothing is waited for, and the
 * second delete of a replay comes before the late packets that it is for.
 */
export function hideOldConnections({ world }: ModelRun): void {
  for (const server of world.network.servers) server.hidesClosed = true;
}

/** Runs `body` while a main that is being restored gets changes before its backup. */
export async function withReversedWrites(body: () => Promise<void>): Promise<void> {
  const { toBoth } = TroubledChanges.prototype;
  TroubledChanges.prototype.toBoth = function (troubled, copies) {
    const { main, backup } = copies;
    // A touch asks recovery first, which knows the real ones only.
    const asks = troubled.request.command === TOUCH;
    if (main.phase !== "restoring" || asks) return toBoth.call(this, troubled, copies);
    const disguised = {
      main: new Disguise(main, "serving"),
      backup: new Disguise(backup, "restoring"),
    };
    toBoth.call(this, troubled, disguised);
  };
  try {
    await body();
  } finally {
    TroubledChanges.prototype.toBoth = toBoth;
  }
}

/** A server that seems to be in another phase. */
class Disguise implements Destination {
  readonly phase: Phase;
  readonly missesKeys = false;
  readonly #real: Destination;

  constructor(real: Destination, phase: Phase) {
    this.#real = real;
    this.phase = phase;
  }

  get epoch(): number {
    return this.#real.epoch;
  }

  get name(): string {
    return this.#real.name;
  }

  get usable(): boolean {
    return this.#real.usable;
  }

  get reachable(): boolean {
    return this.#real.reachable;
  }

  get readable(): boolean {
    return this.#real.readable;
  }

  get speaksMeta(): boolean {
    return this.#real.speaksMeta;
  }

  sendOr(request: Request, sink: Sink, rescue: Rescue | null): void {
    this.#real.sendOr(request, sink, rescue);
  }
}

/** What is put back never expires. */
export function dropExpiry({ world }: ModelRun): void {
  for (const server of world.network.servers) {
    server.tamper = ({ words, data }) => ({
      words: words[0] === "ms" ? words.filter((word) => word[0] !== "T") : words,
      data,
    });
  }
}

/** What is put back lives three seconds longer. */
export function prolongExpiry({ world }: ModelRun): void {
  const longer = (word: string) => /^T[1-9]/.test(word) ? `T${Number(word.slice(1)) + 3}` : word;
  for (const server of world.network.servers) {
    server.tamper = ({ words, data }) => ({
      words: words[0] === "ms" ? words.map(longer) : words,
      data,
    });
  }
}

/** A server that comes back is trusted at once: what it lacks is a miss. */
export function trustAtOnce({ proxies }: ModelRun): void {
  for (const { backends } of proxies) {
    for (const backend of backends) backend.enter = () => {};
  }
}

/** What a server missed is forgotten. */
export function forgetMissed({ proxies }: ModelRun): void {
  for (const { routes } of proxies) {
    for (const { journal } of routes.coordinator!.servers) journal.add = () => false;
  }
}

/** cas numbers of all processes of all servers look alike. */
export function markAllAlike({ proxies }: ModelRun): void {
  for (const { backends } of proxies) {
    for (const backend of backends) {
      let known: Identity | null = null;
      Object.defineProperty(backend, "identity", {
        get: () => known && { ...known, generation: 1 },
        set: (identity: Identity | null) => known = identity,
      });
    }
  }
}

/** What a server confirms counts alone, though a replay is about to delete it there. */
export function believeAlone({ proxies }: ModelRun): void {
  for (const { routes } of proxies) {
    const coordinator = routes.coordinator!;
    const asked = coordinator.mayAnswer.bind(coordinator);
    coordinator.mayAnswer = (destination, key) =>
      key.command.copy === "same" || asked(destination, key);
  }
}

/** A key that was deleted on a server is deleted there once more, whatever it has been given since. */
export function forgetWritten({ proxies }: ModelRun): void {
  for (const { routes } of proxies) routes.coordinator!.wrote = () => {};
}

/** What a second look finds is left as it is; only second looks note keys that were not changed. */
export function ignoreSecondLooks({ proxies }: ModelRun): void {
  for (const { routes } of proxies) {
    for (const { keys } of routes.coordinator!.servers) {
      const missed = keys.missed.bind(keys);
      keys.missed = (request) => request.command === FETCH ? undefined : missed(request);
    }
  }
}
