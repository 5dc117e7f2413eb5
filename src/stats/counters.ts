/** What a proxy counts about its clients, in the words of `stats`. */

/** Counters since the start or the last `stats reset`; `clientsOpen` is a gauge. */
export class Counters {
  clientsOpen = 0;
  clientsTotal = 0;
  /** Turned away at the limit of client connections. */
  clientsRefused = 0;
  /** Requests by the id of their command. */
  readonly commands: Float64Array;
  /** What they were answered, by the same id: done or found, not found, another value found. */
  readonly hits: Float64Array;
  readonly misses: Float64Array;
  readonly changed: Float64Array;
  /** Lines that were answered with an error by the proxy itself. */
  badLines = 0;
  /** Requests that no server answered. */
  failures = 0;
  /** Times a client was not read for a while, because too much waited for it. */
  clientsPaused = 0;
  /** Clients closed because they did not take their replies. */
  closedSlow = 0;
  /** Clients closed because all clients together held too much. */
  closedBuffers = 0;
  /** Clients closed because they were idle for too long. */
  closedIdle = 0;
  /** Clients closed because their line had no end. */
  closedLine = 0;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(commandCount: number) {
    this.commands = new Float64Array(commandCount);
    this.hits = new Float64Array(commandCount);
    this.misses = new Float64Array(commandCount);
    this.changed = new Float64Array(commandCount);
  }

  /** Starts again from zero; gauges stay. */
  reset(): void {
    for (const counts of [this.commands, this.hits, this.misses, this.changed]) counts.fill(0);
    this.clientsTotal = this.clientsRefused = this.clientsPaused = 0;
    this.badLines = this.failures = 0;
    this.closedSlow =
      this.closedBuffers =
      this.closedIdle =
      this.closedLine =
        0;
    this.bytesRead = this.bytesWritten = 0;
  }
}
