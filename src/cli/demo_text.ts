/** What `magent demo` prints: who is there, and what to type. */

import type { DemoFarm } from "./demo_farm.ts";

/** The addresses, one line each. */
export function placesText(farm: DemoFarm): string {
  const rows = [["proxy", `127.0.0.1:${farm.port}`]];
  for (const { label, name } of farm.servers) rows.push([label, name]);
  return rows.map(([label, address]) => `  ${label.padEnd(10)}${address}\n`).join("");
}

/** The whole text; `keys` when there is a terminal to press them on. */
export function demoText(farm: DemoFarm, { keys }: { keys: boolean }): string {
  const { port, mains, backup } = farm;
  // The distribution puts that key there.
  const server = mains[1].name.replace(":", " ");
  return `\
Two main servers, a backup and a proxy, all in this process:
${placesText(farm)}
Store a key through the proxy, and ask who holds it:
  printf 'set apple 0 0 5\\r\\ngreen\\r\\nquit\\r\\n' | nc 127.0.0.1 ${port}
  printf 'get apple\\r\\nquit\\r\\n' | nc ${server}
  magent where apple -s ${mains[0].name} -s ${mains[1].name} -b ${backup.name}
Look on:
  magent stats 127.0.0.1:${port}
  magent top 127.0.0.1:${port}
${keys ? KEYS : ""}
The log of the proxy follows. Ctrl-C ends it, and with it all that the servers hold.
`;
}

const KEYS = `\
Press 1, 2 or 3 to kill main_1, main_2 or backup_1, and again to start it empty.
`;
