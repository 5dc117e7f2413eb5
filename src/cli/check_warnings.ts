/**
 * What runs and may still not be meant, for `magent check`.
 */

import type { Config } from "../config/config.ts";

const EVERY_NETWORK: readonly string[] = ["0.0.0.0", "::"];
const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** One sentence for each. */
export function checkWarnings(
  config: Config,
  given: { readonly asRoot: boolean },
): readonly string[] {
  const { listen, backups, mains } = config;
  const warnings: string[] = [];
  if (listen !== null && EVERY_NETWORK.includes(listen.hostname)) {
    warnings.push(
      `listening on all interfaces, port ${listen.port}, without passwords: ` +
        'whoever reaches it reads and changes everything; "-l 127.0.0.1" keeps to this machine',
    );
  }
  for (const { name } of mains.concat(backups).filter((server) => isOurselves(server, config))) {
    warnings.push(`server "${name}" is the address this proxy listens on: it would ask itself`);
  }
  if (backups.length === 0) {
    warnings.push('no backup was named with "-b": the keys of a dead server are misses');
  }
  if (given.asRoot) {
    warnings.push('it would keep the rights of root: "-u nobody" gives them up after the start');
  }
  return warnings;
}

function isOurselves(
  { address }: Config["mains"][number],
  { listen, unixSocket }: Config,
): boolean {
  if (address.transport === "unix") return address.path === unixSocket?.path;
  if (address.transport === "embedded") return false;
  if (listen === null || address.port !== listen.port) return false;
  if (address.hostname === listen.hostname) return true;
  return EVERY_NETWORK.includes(listen.hostname) && LOOPBACK.test(address.hostname);
}
