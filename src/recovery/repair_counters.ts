/** What became of repairs, for `stats`. */
export class RepairCounters {
  /** Keys put back. */
  filled = 0;
  /** Keys that the server already had. */
  present = 0;
  /** Keys that the copy did not have either. */
  absent = 0;
  /** Keys that changed while they were being put back. */
  overtaken = 0;
  /** Keys that could not be put back because a server failed, or somebody else was at it. */
  failed = 0;
  /** Keys that the server did not take: it has no room for them. */
  refused = 0;
  /** Keys not repaired because too many were under repair. */
  skipped = 0;
  /** Keys whose value is too large to be put back. */
  large = 0;
  /** Keys that a read found, and that were left to the restore under way. */
  left = 0;
}
