/**
 * Memcached servers as `-s`, `-b` and the ini file name them.
 *
 *   cache1            cache1:11211
 *   10.0.0.1:11212    10.0.0.1:11212
 *   ::1, [::1]        [::1]:11211
 *   unix:/run/m.sock  unix:/run/m.sock
 *   embedded:64m      a server inside the process, which is numbered when all are known
 */

import type { ServerAddress } from "./config.ts";
import { InvalidValue } from "./invalid_value.ts";
import { parseHostname } from "./parse_hostname.ts";
import { formatSize, parseInteger, parseSize } from "./parse_number.ts";
import { parseUnixPath } from "./parse_unix_path.ts";

/** The port of a memcached that was named without one. */
export const DEFAULT_SERVER_PORT = 11211;

const DEFAULT_EMBEDDED_SIZE = "64m";
const EMBEDDED_BYTES_MIN = 1 << 20;
const EMBEDDED_BYTES_MAX = 64 * 2 ** 30;

/** Reads one server and fills in its port. */
export function parseServerAddress(text: string): ServerAddress {
  if (/[,;\s]/.test(text)) throw new InvalidValue("one server must be named at a time");
  if (text.startsWith("unix:")) {
    const path = parseUnixPath(text.slice("unix:".length));
    return { name: `unix:${path}`, address: { transport: "unix", path } };
  }
  const embedded = /^embedded(?::(.*))?$/.exec(text);
  if (embedded !== null) return embeddedServer(embedded[1] ?? DEFAULT_EMBEDDED_SIZE);
  const { host, port } = splitPort(text);
  if (host === "") {
    throw new InvalidValue(
      "server must be HOST, HOST:PORT, [IPV6]:PORT, unix:PATH or embedded[:BYTES]",
    );
  }
  const hostname = parseHostname(host);
  const portNumber = port === null
    ? DEFAULT_SERVER_PORT
    : parseInteger(port, { name: "port of a server", min: 1, max: 65535 });
  const name = hostname.includes(":") ? `[${hostname}]:${portNumber}` : `${hostname}:${portNumber}`;
  return { name, address: { transport: "tcp", hostname, port: portNumber } };
}

function embeddedServer(size: string): ServerAddress {
  const limitBytes = parseSize(size, {
    name: "memory of an embedded server",
    min: EMBEDDED_BYTES_MIN,
    max: EMBEDDED_BYTES_MAX,
  });
  const name = `embedded:${formatSize(limitBytes)}`;
  return { name, address: { transport: "embedded", name, limitBytes } };
}

/** Gives each embedded server a name of its own, in the order of mains and backups. */
export function numberEmbedded(
  { mains, backups }: Readonly<Record<"mains" | "backups", readonly ServerAddress[]>>,
): { mains: ServerAddress[]; backups: ServerAddress[] } {
  let count = 0;
  const number = (server: ServerAddress): ServerAddress => {
    if (server.address.transport !== "embedded") return server;
    const name = `embedded-${++count}`;
    return { name, address: { ...server.address, name } };
  };
  return { mains: mains.map(number), backups: backups.map(number) };
}

/** The port is null when none was written; more than one bare colon is an IPv6 address. */
function splitPort(text: string): { host: string; port: string | null } {
  const bracketed = /^(\[.*\])(?::(.*))?$/.exec(text);
  if (bracketed !== null) return { host: bracketed[1], port: bracketed[2] ?? null };
  const colon = text.indexOf(":");
  if (colon < 0 || text.indexOf(":", colon + 1) >= 0) return { host: text, port: null };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}
