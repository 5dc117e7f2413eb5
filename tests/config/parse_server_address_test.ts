import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { InvalidValue } from "../../src/config/invalid_value.ts";
import { numberEmbedded, parseServerAddress } from "../../src/config/parse_server_address.ts";

const TCP = [
  ["cache1", "cache1:11211", "cache1", 11211],
  ["cache1:11300", "cache1:11300", "cache1", 11300],
  ["cache-1.example.org.", "cache-1.example.org.:11211", "cache-1.example.org.", 11211],
  ["my_cache", "my_cache:11211", "my_cache", 11211],
  ["127.0.0.1", "127.0.0.1:11211", "127.0.0.1", 11211],
  ["127.0.0.1:1", "127.0.0.1:1", "127.0.0.1", 1],
  ["::1", "[::1]:11211", "::1", 11211],
  ["[::1]", "[::1]:11211", "::1", 11211],
  ["[::1]:65535", "[::1]:65535", "::1", 65535],
  ["fe80::1%eth0", "[fe80::1%eth0]:11211", "fe80::1%eth0", 11211],
  ["[fe80::1%eth0]:11212", "[fe80::1%eth0]:11212", "fe80::1%eth0", 11212],
] as const;

for (const [text, name, hostname, port] of TCP) {
  test(`parseServerAddress reads ${text}`, () => {
    assertEquals(parseServerAddress(text), {
      name,
      address: { transport: "tcp", hostname, port },
    });
  });
}

test("parseServerAddress reads the path of a Unix socket", () => {
  assertEquals(parseServerAddress("unix:/run/m.sock"), {
    name: "unix:/run/m.sock",
    address: { transport: "unix", path: "/run/m.sock" },
  });
});

for (const [text, limitBytes] of [["embedded", 64 << 20], ["embedded:1g", 1 << 30]] as const) {
  test(`parseServerAddress takes ${text} for a server inside the process`, () => {
    const { address } = parseServerAddress(text);
    assertEquals(address.transport === "embedded" && address.limitBytes, limitBytes);
  });
}

test("numberEmbedded gives every embedded server a name of its own", () => {
  const [cache, embedded] = ["cache1", "embedded:8m"].map(parseServerAddress);
  const { mains, backups } = numberEmbedded({
    mains: [embedded, cache, embedded],
    backups: [embedded],
  });
  assertEquals(mains.map(({ name }) => name), ["embedded-1", "cache1:11211", "embedded-2"]);
  assertEquals(backups, [{
    name: "embedded-3",
    address: { transport: "embedded", name: "embedded-3", limitBytes: 8 << 20 },
  }]);
});

const WRONG = [
  ["", "server must be HOST, HOST:PORT, [IPV6]:PORT, unix:PATH or embedded[:BYTES]"],
  [":11211", "server must be HOST, HOST:PORT, [IPV6]:PORT, unix:PATH or embedded[:BYTES]"],
  [
    "embedded:1",
    'memory of an embedded server must be 1m to 64g bytes, for example "64k" or "1m"',
  ],
  ["a:", "port of a server must be 1 to 65535"],
  ["a:0", "port of a server must be 1 to 65535"],
  ["a:65536", "port of a server must be 1 to 65535"],
  ["a:http", "port of a server must be 1 to 65535"],
  ["a:+1", "port of a server must be 1 to 65535"],
  ["[::1]:", "port of a server must be 1 to 65535"],
  ["256.0.0.1", "IPv4 address must be four numbers from 0 to 255"],
  ["10.1", "IPv4 address must be four numbers from 0 to 255"],
  ["11211", "IPv4 address must be four numbers from 0 to 255"],
  ["a:b:c", 'IPv6 address must be written like "::1" or "[::1]"'],
  ["[::g]", 'IPv6 address must be written like "::1" or "[::1]"'],
  ["[]", 'IPv6 address must be written like "::1" or "[::1]"'],
  ["[10.0.0.1]", 'IPv6 address must be written like "::1" or "[::1]"'],
  ["[::1", 'IPv6 address must be written like "::1" or "[::1]"'],
  ["::1%", 'IPv6 address must be written like "::1" or "[::1]"'],
  ["http/x", "host must be a name or an IP address"],
  ["-cache", "host must be a name or an IP address"],
  ["a,b", "one server must be named at a time"],
  ["a b", "one server must be named at a time"],
  ["unix:", "path of a Unix socket must not be empty"],
  [`unix:/${"x".repeat(107)}`, "path of a Unix socket must be at most 107 bytes, this one has 108"],
  [`unix:/${"é".repeat(54)}`, "path of a Unix socket must be at most 107 bytes, this one has 109"],
] as const;

for (const [text, message] of WRONG) {
  test(`parseServerAddress refuses "${text}"`, () => {
    const error = assertThrows(() => parseServerAddress(text), InvalidValue);
    assertEquals(error.message, message);
  });
}
