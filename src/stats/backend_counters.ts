/** What is counted about one server, in the words of `stats` and the log. */

/** Counters since the start or the last `stats reset`. */
export class BackendCounters {
  /** Requests handed to the server, those refused at once included. */
  requests = 0;
  /** Lines of replies that came back. */
  replies = 0;
  /** Requests that ended in a failure of the server. */
  failures = 0;
  /** Changes that one copy confirmed and this server did not. */
  missed = 0;
  /** Compares with a cas number that was not of the server's process. */
  foreignCas = 0;
  /** Connections opened and checked. */
  connects = 0;
  /** Probes sent while it was ejected. */
  probes = 0;
  /** Failures of connections, by reason. */
  readonly byReason: Map<string, number> = new Map();

  connectionFailed(reason: string): void {
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + 1);
  }

  reset(): void {
    this.requests =
      this.replies =
      this.failures =
      this.missed =
      this.foreignCas =
      this.connects =
      this.probes =
        0;
    this.byReason.clear();
  }
}
