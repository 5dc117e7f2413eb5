/**
 * Supplementary groups on Deno, whose `node:process` lacks `initgroups`: libc is asked itself.
 */

const LIBC = { linux: "libc.so.6", darwin: "libSystem.B.dylib" };

/** Gives this process the groups of a user, and no others; throws when not permitted. */
export function setGroupsOf(userName: string, groupId: number): void {
  const path = LIBC[Deno.build.os as keyof typeof LIBC];
  const libc = Deno.dlopen(path, {
    initgroups: { parameters: ["buffer", "u32"], result: "i32" },
  });
  try {
    const name = new TextEncoder().encode(`${userName}\0`);
    if (libc.symbols.initgroups(name, groupId) === 0) return;
    throw new Error(`Cannot set the groups of user "${userName}": not permitted`);
  } finally {
    libc.close();
  }
}
