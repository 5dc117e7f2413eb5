/** Says what was checked, and ends the program where something is not as expected. */

import { isDeepStrictEqual } from "node:util";

export function check(name, got, expected) {
  if (!isDeepStrictEqual(got, expected)) {
    const [want, have] = [expected, got].map((value) => JSON.stringify(value)?.slice(0, 300));
    console.error(`${name}: expected ${want}, got ${have}`);
    process.exit(1);
  }
  console.log(`${name}: as expected`);
}

/** Waits until a value has expired. */
export async function checkExpiry(name, get) {
  const end = performance.now() + 5000;
  while (await get() !== null) {
    if (performance.now() > end) check(name, "still there", "expired");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  check(name, null, null);
}
