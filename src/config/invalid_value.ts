/**
 * What a flag or a line of a file gets wrong, before anyone knows where it stood.
 */

/** A value that cannot be used; the message says what it must be, not where it was found. */
export class InvalidValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidValue";
  }
}
