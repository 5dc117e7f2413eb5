import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { type CommandLine, readCommandLine } from "../../src/cli/command_line.ts";
import { FLAG_TABLE } from "../../src/cli/flag_table.ts";
import { DEFAULT_CONFIG } from "../../src/config/config.ts";

const FILES: Readonly<Record<string, string>> = {
  "m.ini": "[General]\nport=12000\nmasters=a,b\nbackups=c\nuseketama=1\nhost_ip=127.0.0.1\n",
  "odd.ini": "[General]\nspeed=1\nmasters=a\n",
};

function readFake(path: string): string {
  if (!Object.hasOwn(FILES, path)) throw new Error("no such file");
  return FILES[path];
}

function proxy(args: string): Extract<CommandLine, { kind: "proxy" }> {
  const commandLine = readCommandLine(args.split(" "), readFake);
  if (commandLine.kind !== "proxy") throw new Error(`not a proxy but ${commandLine.kind}`);
  return commandLine;
}

function names(servers: readonly { name: string }[]): string[] {
  return servers.map((server) => server.name);
}

test("readCommandLine leaves all defaults alone", () => {
  const { config } = proxy("-s a");
  assertEquals({ ...config, mains: [] }, DEFAULT_CONFIG);
});

test("readCommandLine reads the guide's command line", () => {
  const { config, settings, warnings } = proxy(
    "-u root -n 51200 -l 127.0.0.1 -p 12000 -s 127.0.0.1:11211 -s 127.0.0.1:11212 -b 127.0.0.1:11213",
  );
  assertEquals(config.listen, { hostname: "127.0.0.1", port: 12000 });
  assertEquals(config.limits.clients, 51200);
  assertEquals(names(config.mains), ["127.0.0.1:11211", "127.0.0.1:11212"]);
  assertEquals(names(config.backups), ["127.0.0.1:11213"]);
  assertEquals([settings.user, settings.foreground], ["root", false]);
  assertEquals(warnings, []);
});

const PORT_SPELLINGS = [
  "-p12000",
  "-p 12000",
  "--port 12000",
  "--port=12000",
  "-p 1 -p 12000",
  "--port 1 -p12000",
  "-p 1 --port=12000",
];

for (const spelling of PORT_SPELLINGS) {
  test(`readCommandLine reads ${spelling}`, () => {
    assertEquals(proxy(`${spelling} -s a`).config.listen?.port, 12000);
    assertEquals(proxy(`-s a ${spelling}`).config.listen?.port, 12000);
  });
}

for (const cluster of ["-Dkp12000", "-Dkp 12000", "-kDp12000", "-k -Dp12000", "-D -k -p12000"]) {
  test(`readCommandLine reads the cluster ${cluster}`, () => {
    const { config, settings } = proxy(`${cluster} -s a`);
    assertEquals(config.listen?.port, 12000);
    assertEquals(config.distribution, "ketama");
    assertEquals(settings.foreground, true);
  });
}

test("readCommandLine keeps the order of servers, whatever their spelling", () => {
  const { config } = proxy("-s a -b x --server b:1 -sc --server=[::1] --backup y -s unix:/m");
  assertEquals(names(config.mains), ["a:11211", "b:1", "c:11211", "[::1]:11211", "unix:/m"]);
  assertEquals(names(config.backups), ["x:11211", "y:11211"]);
});

test("readCommandLine ends flags at --", () => {
  assertEquals(names(proxy("-s a --").config.mains), ["a:11211"]);
});

test("readCommandLine keeps = inside values", () => {
  assertEquals(proxy("-s a --pid-file=/a=b").settings.pidFile, "/a=b");
  assertEquals(proxy("-s a --pid-file /a=b").settings.pidFile, "/a=b");
});

/** Every flag that takes a value: spellings, and the field it must end in. */
const VALUES: readonly [string, (line: ReturnType<typeof proxy>) => unknown, unknown][] = [
  ["-l 127.0.0.1", (line) => line.config.listen?.hostname, "127.0.0.1"],
  ["--listen [::1]", (line) => line.config.listen?.hostname, "::1"],
  ["--listen localhost", (line) => line.config.listen?.hostname, "localhost"],
  ["-p 0 -f /m", (line) => line.config.listen, null],
  ["-f /m", (line) => line.config.unixSocket, { path: "/m", mode: 0o644 }],
  ["--unix-socket /m --unix-mode 0660", (line) => line.config.unixSocket?.mode, 0o660],
  ["--control /c", (line) => line.config.controlPath, "/c"],
  ["-k", (line) => line.config.distribution, "ketama"],
  ["--ketama", (line) => line.config.distribution, "ketama"],
  ["--distribution ketama", (line) => line.config.distribution, "ketama"],
  ["--distribution modulo", (line) => line.config.distribution, "modulo"],
  ["-k --distribution ketama-0.6", (line) => line.config.distribution, "ketama-0.6"],
  ["--replication sync", (line) => line.config.replication, "sync"],
  ["--replication async", (line) => line.config.replication, "async"],
  ["--on-error error", (line) => line.config.onError, "error"],
  ["--on-error miss", (line) => line.config.onError, "miss"],
  ["--connections 4", (line) => line.config.connections, 4],
  ["-i 5", (line) => line.config.connectionsMax, 5],
  ["--max-connections 5", (line) => line.config.connectionsMax, 5],
  ["--recover off", (line) => line.config.recover, "off"],
  ["--recover read-repair", (line) => line.config.recover, "read-repair"],
  ["--on-incomplete-journal serve", (line) => line.config.onIncompleteJournal, "serve"],
  ["--restore-rate 500", (line) => line.config.restoreKeysPerSecond, 500],
  ["--workers 4", (line) => line.config.workers, 4],
  ["--workers=auto", (line) => line.config.workers, "auto"],
  ["--workers auto -p 0 -f /m", (line) => line.config.workers, "auto"],
  ["--journal-keys 9", (line) => line.config.journalKeys, 9],
  ["--admin-commands", (line) => line.config.adminCommands, true],
  ["--connect-timeout 250", (line) => line.config.health.connectTimeoutMs, 250],
  ["--request-timeout 250", (line) => line.config.health.requestTimeoutMs, 250],
  ["--failure-limit 9", (line) => line.config.health.failureLimit, 9],
  ["--probe-interval 9", (line) => line.config.health.probeMs, 9],
  ["--probe-interval-max 900", (line) => line.config.health.probeMaxMs, 900],
  ["--flap-limit 0", (line) => line.config.health.flapLimit, 0],
  ["--flap-window 900", (line) => line.config.health.flapWindowMs, 900],
  ["-n 7", (line) => line.config.limits.clients, 7],
  ["--max-clients 7", (line) => line.config.limits.clients, 7],
  ["--line-bytes 4k", (line) => line.config.limits.lineBytes, 4096],
  ["--get-line-bytes 2m", (line) => line.config.limits.getLineBytes, 2 << 20],
  ["--session-requests 7", (line) => line.config.limits.sessionRequests, 7],
  ["--reply-bytes 1m", (line) => line.config.limits.replyBytes, 1 << 20],
  ["--buffer-bytes 2g", (line) => line.config.limits.bufferBytes, 2 ** 31],
  ["--connection-requests 7", (line) => line.config.limits.connectionRequests, 7],
  ["--connection-bytes 65536", (line) => line.config.limits.connectionBytes, 65536],
  ["--stream-bytes 64K", (line) => line.config.limits.streamBytes, 65536],
  ["--read-repair-time 900", (line) => line.config.readRepairMs, 900],
  ["--restore-spool-bytes 64k", (line) => line.config.limits.restoreSpoolBytes, 65536],
  ["--restore-bytes 16m", (line) => line.config.limits.restoreBytes, 16 << 20],
  ["--idle-timeout 60000", (line) => line.config.limits.idleMs, 60_000],
  ["--drain-timeout 0", (line) => line.config.limits.drainMs, 0],
  ["-u nobody", (line) => line.settings.user, "nobody"],
  ["--user 65534", (line) => line.settings.user, "65534"],
  ["-g daemon", (line) => line.settings.group, "daemon"],
  ["--group 1", (line) => line.settings.group, "1"],
  ["-D", (line) => [line.settings.foreground, line.settings.verbose], [true, false]],
  ["--no-daemon", (line) => line.settings.foreground, true],
  ["--foreground", (line) => line.settings.foreground, true],
  ["-v", (line) => [line.settings.foreground, line.settings.verbose], [true, true]],
  ["--verbose", (line) => line.settings.verbose, true],
  ["--pid-file /p", (line) => line.settings.pidFile, "/p"],
  ["--log-file /l", (line) => line.settings.logFile, "/l"],
];

for (const [args, field, expected] of VALUES) {
  test(`readCommandLine reads ${args}`, () => {
    assertEquals(field(proxy(`${args} -s a`)), expected);
  });
}

test("readCommandLine is tested with every flag of the table", () => {
  const tested = [...VALUES.map(([args]) => args), ...PORT_SPELLINGS, "-s --server -b --backup"]
    .join(" ").split(/[ =]/);
  const untested = FLAG_TABLE.flatMap((group) => group.flags)
    .filter((flag) => flag.set !== undefined)
    .flatMap((flag) => [...flag.names.map((name) => `--${name}`), `-${flag.letter ?? "p"}`])
    .filter((spelling) => !tested.includes(spelling));
  assertEquals(untested, []);
});

test("readCommandLine gives no two flags the same name", () => {
  const all = FLAG_TABLE.flatMap((group) => group.flags)
    .flatMap((flag) => [...flag.names, ...(flag.letter === undefined ? [] : [flag.letter])]);
  assertEquals(all.length, new Set(all).size);
});

test("readCommandLine puts help and version before other faults", () => {
  assertEquals(readCommandLine(["-h"], readFake).kind, "help");
  assertEquals(readCommandLine(["--help", "-p", "http"], readFake).kind, "help");
  assertEquals(readCommandLine(["--version"], readFake).kind, "version");
});

test("readCommandLine lays flags over the file", () => {
  const { config } = proxy("-p 13000 -c m.ini -s d");
  assertEquals(config.listen, { hostname: "127.0.0.1", port: 13000 });
  assertEquals(names(config.mains), ["d:11211"]);
  assertEquals(names(config.backups), ["c:11211"]);
  assertEquals(config.distribution, "ketama");
  assertEquals(proxy("--config=m.ini --distribution modulo").config.distribution, "modulo");
});

test("readCommandLine warns and goes on", () => {
  assertEquals(proxy("-c odd.ini").warnings, ['odd.ini:2: ignored: unknown key "speed"']);
  assertEquals(proxy("-s a -s b -b a:11211").warnings, [
    'server "a:11211" is named more than once',
  ]);
  assertEquals(proxy("-s a --distribution ketama-0.6").warnings, [
    '"ketama-0.6" places nearly all keys on one server, as magent 0.5 and 0.6 did: ' +
    'use it only while moving to "ketama"',
  ]);
});
