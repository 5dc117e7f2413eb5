/** Addresses as people write them. */

import type { Address } from "./runtime.ts";

/** An address as text: `host:port`, `[::1]:port`, `unix:PATH` or the name of an embedded server. */
export function addressText(address: Address): string {
  if (address.transport === "unix") return `unix:${address.path}`;
  if (address.transport === "embedded") return address.name;
  return hostPortText(address.hostname, address.port);
}

/** A host and a port as text, with brackets around an IPv6 address. */
export function hostPortText(hostname: string, port: number): string {
  if (!hostname.includes(":") || hostname.startsWith("[")) return `${hostname}:${port}`;
  return `[${hostname}]:${port}`;
}
