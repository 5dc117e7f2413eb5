/** Numbers and texts as the `STAT` lines that every client library parses. */

/** Gathers lines of one `stats` answer. */
export class StatsLines {
  #text = "";
  readonly #names = new Set<string>();

  add(name: string, value: string | number): this {
    this.#names.add(name);
    this.#text += `STAT ${name} ${value}\r\n`;
    return this;
  }

  /** A line of magent's own wording, which is no name and value. */
  addWording(text: string): this {
    this.#text += `STAT ${text}\r\n`;
    return this;
  }

  /** A line of this name is there: libraries keep one value per name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The whole answer. */
  end(): string {
    return `${this.#text}END\r\n`;
  }
}
