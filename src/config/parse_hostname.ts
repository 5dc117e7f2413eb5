/**
 * Host names and IP addresses as operators write them, without a port.
 */

import { InvalidValue } from "./invalid_value.ts";

/** Reads a host name, an IPv4 address, or an IPv6 address with or without brackets. */
export function parseHostname(text: string): string {
  const bracketed = /^\[(.*)\]$/.exec(text);
  if (bracketed !== null) return checkIpv6(bracketed[1]);
  if (text.includes(":")) return checkIpv6(text);
  if (/^[\d.]+$/.test(text)) return checkIpv4(text);
  if (text.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(text)) return text;
  throw new InvalidValue("host must be a name or an IP address");
}

function checkIpv4(text: string): string {
  const octets = text.split(".");
  if (octets.length === 4 && octets.every((octet) => /^\d{1,3}$/.test(octet) && +octet <= 255)) {
    return text;
  }
  throw new InvalidValue("IPv4 address must be four numbers from 0 to 255");
}

function checkIpv6(text: string): string {
  // A zone (`fe80::1%eth0`) is for the system to judge; a URL would refuse it.
  const [address, zone] = text.split("%", 2);
  if (address.includes(":") && zone !== "" && URL.canParse(`http://[${address}]/`)) return text;
  throw new InvalidValue('IPv6 address must be written like "::1" or "[::1]"');
}
