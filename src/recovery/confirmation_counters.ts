/** What the workers of a process asked each other to confirm, for `stats`. */
export class ConfirmationCounters {
  /** Times that this worker asked all of them. */
  asked = 0;
  /** Times that one of them was not waited for any longer. */
  late = 0;
}
