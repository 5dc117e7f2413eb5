/** Thrown in place of ending the process. */
export class FakeExit extends Error {
  constructor(readonly status: number) {
    super(`exit ${status}`);
  }
}
