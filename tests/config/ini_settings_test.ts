import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { applyIniFile } from "../../src/config/ini_settings.ts";
import { InvalidValue } from "../../src/config/invalid_value.ts";
import { defaultSettings, type Settings } from "../../src/config/settings.ts";

function apply(text: string): { settings: Settings; warnings: string[] } {
  const settings = defaultSettings();
  return { settings, warnings: applyIniFile(settings, text, "m.ini") };
}

test("applyIniFile reads every key of magent 0.7", () => {
  const { settings, warnings } = apply(`
[General]
maxidle=7
maxconns=9000
port=12000
host_ip=127.0.0.1
useketama=true
daemon_mode=false
verbose_mode=1
logdir=/var/log/magent/
masters=10.0.0.1:11211,10.0.0.2
backups=10.0.0.3:11213
`);
  assertEquals(warnings, []);
  assertEquals(settings.connectionsMax, 7);
  assertEquals(settings.limits.clients, 9000);
  assertEquals(settings.port, 12000);
  assertEquals(settings.hostname, "127.0.0.1");
  assertEquals(settings.distribution, "ketama");
  assertEquals(settings.foreground, true);
  assertEquals(settings.verbose, true);
  assertEquals(settings.logFile, "/var/log/magent/magent.log");
  assertEquals(settings.mains.map((server) => server.name), ["10.0.0.1:11211", "10.0.0.2:11211"]);
  assertEquals(settings.backups.map((server) => server.name), ["10.0.0.3:11213"]);
});

test("applyIniFile reads comments, blanks, CRLF, quotes and a byte order mark", () => {
  const { settings, warnings } = apply(
    "\uFEFF# head\r\n; head\r\n\r\n [ general ] ; which\r\n" +
      '\tPORT = "12001"   # the port\r\n masters = a , b:1 ,\t; two\r\nlogdir=/a#b;c\r\nuseketama = off',
  );
  assertEquals(warnings, []);
  assertEquals(settings.port, 12001);
  assertEquals(settings.mains.map((server) => server.name), ["a:11211", "b:1"]);
  assertEquals(settings.logFile, "/a#b;c/magent.log");
  assertEquals(settings.distribution, "modulo");
});

test("applyIniFile listens on 11215 when the file names no port", () => {
  assertEquals(apply("[General]\n").settings.port, 11215);
});

test("applyIniFile puts a log into the root folder when told so", () => {
  assertEquals(apply("[General]\nlogdir=/\n").settings.logFile, "/magent.log");
});

test("applyIniFile ignores what it does not know, and says where", () => {
  const { settings, warnings } = apply(
    "port=1\n[General]\nspeed=fast\nport=12002\n[Other]\nport=12003\n",
  );
  assertEquals(settings.port, 12002);
  assertEquals(warnings, [
    'm.ini:1: ignored: "port" stands before the section [General]',
    "m.ini:5: ignored: unknown section [Other]",
    'm.ini:3: ignored: unknown key "speed"',
  ]);
});

test("applyIniFile lets the last of two equal keys count", () => {
  assertEquals(apply("[General]\nport=1\nport=2\n").settings.port, 2);
});

const WRONG = [
  ["port=http", 'Cannot read "m.ini:2": port must be 0 to 65535: current value is "http"'],
  ["port=", 'Cannot read "m.ini:2": port must be 0 to 65535: current value is ""'],
  ["maxidle=0", 'Cannot read "m.ini:2": maxidle must be 1 to 1024: current value is "0"'],
  ["maxconns=x", 'Cannot read "m.ini:2": maxconns must be 1 to 1000000: current value is "x"'],
  [
    "host_ip=1.2.3",
    'Cannot read "m.ini:2": IPv4 address must be four numbers from 0 to 255: current value is "1.2.3"',
  ],
  [
    "useketama=maybe",
    'Cannot read "m.ini:2": switch must be "true" or "false": current value is "maybe"',
  ],
  ["logdir=", 'Cannot read "m.ini:2": logdir must be a folder: current value is ""'],
  [
    "masters=a:1,b:x",
    'Cannot read "m.ini:2": port of a server must be 1 to 65535: current value is "a:1,b:x"',
  ],
  ["nonsense", 'Cannot read "m.ini:2": line must be KEY=VALUE: found "nonsense"'],
  ["=1", 'Cannot read "m.ini:2": line must be KEY=VALUE: found "=1"'],
  ["[Gen", 'Cannot read "m.ini:2": section must end in "]": found "[Gen"'],
] as const;

for (const [line, message] of WRONG) {
  test(`applyIniFile refuses ${line}`, () => {
    const error = assertThrows(() => apply(`[General]\n${line}\n`), InvalidValue);
    assertEquals(error.message, message);
  });
}

test("applyIniFile takes no key from the prototype of its table", () => {
  assertEquals(apply("[General]\nconstructor=1\n").warnings, [
    'm.ini:2: ignored: unknown key "constructor"',
  ]);
});
