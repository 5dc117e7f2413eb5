/** What is counted about administrative questions to servers. */

/** Counters since the start or the last `stats reset`. */
export class InquiryCounters {
  asked = 0;
  failed = 0;
  /** Turned away because too many waited. */
  refused = 0;

  reset(): void {
    this.asked = this.failed = this.refused = 0;
  }
}
