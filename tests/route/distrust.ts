/** A recovery that trusts whom the test trusts, and writes down what it is told. */

import type { Request } from "../../src/message/request.ts";
import type { Destination, Recovery, Touchable } from "../../src/route/route.ts";

/** Trusts servers with keys, or not; by the server's name. */
export class Distrust implements Recovery {
  readonly told: string[] = [];
  readonly distrusted: Set<string>;
  /** What becomes of repairs. */
  repaired = true;
  readonly mayAnswer = ({ name }: Destination) => !this.distrusted.has(name);
  lacks = false;
  /** Those that may lack keys, by name; all of them with `lacks`. */
  readonly lacking: Set<string> = new Set();
  readonly mayLack = ({ name }: Destination) => this.lacks || this.lacking.has(name);
  readonly readBoth = () => {};
  readonly readAlone: Recovery["readAlone"] = (_request, _sink, { name }) => {
    this.told.push(`read ${name} alone`);
  };
  readonly afterRepair: Recovery["afterRepair"] = (_request, { main }, then) => {
    this.told.push(`repair ${main.name}`);
    then(this.repaired);
  };
  /** What a touch finds at a server that is put in order, by its name. */
  readonly touchable: Map<string, Touchable> = new Map();
  readonly beforeTouch: Recovery["beforeTouch"] = (_request, { copies, clears }, then) => {
    const { name } = copies.main;
    this.told.push(`look at ${name}${clears ? ", clear it" : ""}`);
    then(this.touchable.get(name) ?? "nothing");
  };
  readonly wrote = ({ name }: Destination, key: Request) => this.#tell(`${name} wrote`, key);
  readonly lost = ({ name }: Destination, key: Request) => this.#tell(`${name} lost`, key);
  readonly flushBegins = () => {};
  readonly flushSent = () => {};
  readonly flushEnds = () => {};

  constructor(distrusted: readonly string[] = ["main"]) {
    this.distrusted = new Set(distrusted);
  }

  #tell(what: string, key: Request): void {
    this.told.push(`${what} ${key.keyText()}`);
  }
}
