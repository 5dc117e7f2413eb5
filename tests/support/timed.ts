/** Does something and gives what came of it, with the milliseconds that it took. */
export async function timed<T>(act: () => Promise<T>): Promise<[result: T, ms: number]> {
  const start = performance.now();
  const result = await act();
  return [result, performance.now() - start];
}
