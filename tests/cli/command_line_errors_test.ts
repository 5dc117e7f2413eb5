import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { readCommandLine } from "../../src/cli/command_line.ts";
import { InvalidValue } from "../../src/config/invalid_value.ts";

function readFake(path: string): string {
  if (path === "bad.ini") return "[General]\nmaxidle=none\n";
  throw new Error("no such file");
}

const LONG_PATH = `/${"x".repeat(107)}`;

const WRONG: readonly [string[], string][] = [
  [
    ["-p", "http"],
    'Cannot parse flag "-p": port must be 0 to 65535: current value is "http"',
  ],
  [
    ["--port=65536"],
    'Cannot parse flag "--port": port must be 0 to 65535: current value is "65536"',
  ],
  [["-p", "-1"], 'Cannot parse flag "-p": port must be 0 to 65535: current value is "-1"'],
  [["-p"], 'Cannot parse flag "-p": PORT is missing'],
  [["-Dp"], 'Cannot parse flag "-p": PORT is missing'],
  [["--port"], 'Cannot parse flag "--port": PORT is missing'],
  [["--port="], 'Cannot parse flag "--port": PORT is missing'],
  [["-s", ""], 'Cannot parse flag "-s": SERVER is missing'],
  [["--ketama=1"], 'Cannot parse flag "--ketama": flag takes no value: current value is "1"'],
  [["-x"], 'Cannot parse flag "-x": no such flag, see "magent --help"'],
  [["-Dx"], 'Cannot parse flag "-x": no such flag, see "magent --help"'],
  [["-D-"], 'Cannot parse flag "--": no such flag, see "magent --help"'],
  [["--prot", "1"], 'Cannot parse flag "--prot": no such flag, see "magent --help"'],
  [["--__proto__=1"], 'Cannot parse flag "--__proto__": no such flag, see "magent --help"'],
  [["--no-ketama"], 'Cannot parse flag "--no-ketama": no such flag, see "magent --help"'],
  [
    ["start"],
    'Cannot use argument "start": every argument belongs to a flag, see "magent --help"',
  ],
  [
    ["-k", "true"],
    'Cannot use argument "true": every argument belongs to a flag, see "magent --help"',
  ],
  [["-"], 'Cannot use argument "-": every argument belongs to a flag, see "magent --help"'],
  [
    ["--", "-p"],
    'Cannot use argument "-p": every argument belongs to a flag, see "magent --help"',
  ],
  [["-p", "0"], 'nothing to listen on: "-p 0" turns TCP off, and no "-f PATH" was given'],
  [
    ["-s", "a,b"],
    'Cannot parse flag "-s": server must be named alone: repeat the flag for the next one: ' +
    'current value is "a,b"',
  ],
  [
    ["--backup", "a:0"],
    'Cannot parse flag "--backup": port of a server must be 1 to 65535: current value is "a:0"',
  ],
  [
    ["-l", "127.0.0.1:80"],
    'Cannot parse flag "-l": local address must come without a port, which "-p" names: ' +
    'current value is "127.0.0.1:80"',
  ],
  [
    ["-l", "[::1]:80"],
    'Cannot parse flag "-l": local address must come without a port, which "-p" names: ' +
    'current value is "[::1]:80"',
  ],
  [
    ["-l", "::g"],
    'Cannot parse flag "-l": IPv6 address must be written like "::1" or "[::1]": ' +
    'current value is "::g"',
  ],
  [
    ["-f", LONG_PATH],
    'Cannot parse flag "-f": path of a Unix socket must be at most 107 bytes, this one has 108: ' +
    `current value is "${LONG_PATH}"`,
  ],
  [
    ["--control", LONG_PATH],
    'Cannot parse flag "--control": path of a Unix socket must be at most 107 bytes, ' +
    `this one has 108: current value is "${LONG_PATH}"`,
  ],
  [
    ["--unix-mode", "999"],
    'Cannot parse flag "--unix-mode": mode must be three octal digits, for example "0660": ' +
    'current value is "999"',
  ],
  [["-f", "/a", "--control", "/a"], '"-f" and "--control" must be two paths'],
  [
    ["--distribution", "random"],
    'Cannot parse flag "--distribution": distribution must be "modulo" or "ketama" or ' +
    '"ketama-0.6": current value is "random"',
  ],
  [["-k", "--distribution", "modulo"], 'Cannot use "-k" with "--distribution modulo"'],
  [
    ["--replication", "both"],
    'Cannot parse flag "--replication": replication must be "async" or "sync": ' +
    'current value is "both"',
  ],
  [
    ["--on-error", "x"],
    'Cannot parse flag "--on-error": on-error must be "miss" or "error": current value is "x"',
  ],
  [
    ["-n", "0"],
    'Cannot parse flag "-n": max clients must be 1 to 1000000: current value is "0"',
  ],
  [
    ["-i0"],
    'Cannot parse flag "-i": max connections must be 1 to 1024: current value is "0"',
  ],
  [
    ["--connect-timeout", "0"],
    'Cannot parse flag "--connect-timeout": connect timeout must be 1 to 3600000: ' +
    'current value is "0"',
  ],
  [
    ["--reply-bytes", "1"],
    'Cannot parse flag "--reply-bytes": reply bytes must be 64k to 4g bytes, for example "64k" ' +
    'or "1m": current value is "1"',
  ],
  [
    ["--workers", "0"],
    'Cannot parse flag "--workers": workers other than "auto" must be 1 to 256: ' +
    'current value is "0"',
  ],
  [
    ["--workers", "2", "-p", "0", "-f", "/m"],
    '"--workers" (2) share the TCP port, and "-p 0" turns TCP off',
  ],
  [
    ["--workers", "2", "-b", "embedded"],
    '"--workers" (2) cannot share an embedded server',
  ],
  [
    ["--connections", "5", "-i", "4"],
    '"--connections" (5) must not be more than "-i" (4)',
  ],
  [
    ["--probe-interval", "500", "--probe-interval-max", "100"],
    '"--probe-interval" (500) must not be more than "--probe-interval-max" (100)',
  ],
  [["-c", "none.ini"], 'Cannot read configuration file "none.ini": no such file'],
  [
    ["-c", "bad.ini"],
    'Cannot read "bad.ini:2": maxidle must be 1 to 1024: current value is "none"',
  ],
];

for (const [args, message] of WRONG) {
  test(`readCommandLine refuses ${args.join(" ").slice(0, 60)}`, () => {
    const all = ["-s", "a", ...args];
    assertEquals(assertThrows(() => readCommandLine(all, readFake), InvalidValue).message, message);
  });
}

test("readCommandLine refuses to start without a server", () => {
  const error = assertThrows(() => readCommandLine(["-D"], readFake), InvalidValue);
  assertEquals(error.message, 'no server was named: give at least one with "-s HOST[:PORT]"');
});
