import { assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { CommandRun } from "./command_run.ts";

const GUIDE = "-s 127.0.0.1:11211 -s 127.0.0.1:11212 -b 127.0.0.1:11213";

test("magent where places the keys of the installation guide as the guide has them", async () => {
  const run = new CommandRun();
  assertEquals(await run.start(`where key1 key2 ${GUIDE}`), 0);
  assertEquals(
    run.process.printed.stdout,
    `\
modulo over 2 main servers and 1 backup
KEY         HASH  MAIN                    BACKUP
key1  2090432895  main_2 127.0.0.1:11212  backup_1 127.0.0.1:11213
key2  2090432896  main_1 127.0.0.1:11211  backup_1 127.0.0.1:11213
`,
  );
});

test("magent where tells the hash of each distribution", async () => {
  // md5("") is no key; md5("key1") begins with c2 ad d6 94: little-endian, 0x94d6adc2.
  for (
    const [distribution, hash] of [
      ["modulo", "2090432895"],
      ["ketama", String(0x94d6adc2)],
      ["ketama-0.6", String(0xc2)],
    ]
  ) {
    const run = new CommandRun();
    assertEquals(await run.start(`where key1 -s a -s b --distribution ${distribution}`), 0);
    assertStringIncludes(run.process.printed.stdout, `key1  ${hash.padStart(4)}  main_`);
  }
});

test("magent where reads the configuration file", async () => {
  const run = new CommandRun();
  run.process.put("/m.ini", "[General]\nmasters=a:1,b:2\nuseketama=true\n");
  assertEquals(await run.start("where -c /m.ini k"), 0);
  assertStringIncludes(run.process.printed.stdout, "ketama over 2 main servers and 0 backups\n");
  assertStringIncludes(run.process.printed.stdout, "  none\n");
});

for (
  const [args, line] of [
    ["where -s a", 'no key was given, for example "magent where key1 -s cache1 -s cache2"\n'],
    ["where k", 'no server was named: give at least one with "-s HOST[:PORT]"\n'],
    [
      `where -s a ${"k".repeat(251)}`,
      `Cannot place key "${"k".repeat(251)}": key must be 1 to 250 bytes: current length is 251\n`,
    ],
    [
      "where -s a k\t1",
      'Cannot place key "k\\t1": key must be without blanks and control characters\n',
    ],
  ]
) {
  test(`magent ${args.slice(0, 20)} is refused with one line and status 2`, async () => {
    const run = new CommandRun();
    assertEquals(await run.start(args), 2);
    assertEquals(run.process.printed, { stdout: "", stderr: line });
  });
}
