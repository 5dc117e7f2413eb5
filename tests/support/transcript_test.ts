import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { MemcachedProcess } from "./memcached_process.ts";
import { parseTranscript } from "./transcript.ts";
import { hold } from "./transcript_replay.ts";

/** Holds one conversation with a fresh memcached, which stands for its only copy too. */
async function holdAgainstMemcached(lines: string): Promise<void> {
  await using memcached = await MemcachedProcess.start();
  const [conversation] = parseTranscript(`== case\n${lines}`);
  const target = memcached.target;
  await hold(conversation, { speaker: "memcached", target, copies: [target] });
}

test("parseTranscript expands escapes and repetitions", () => {
  const [first, second] = parseTranscript("== one\n> {3*ab}\\x01\\r\n== two\n>> x\n< y\n");
  assertEquals([first.name, second.name], ["one", "two"]);
  assertEquals(first.steps.map(({ text }) => text), ["ababab\x01\r\r\n"]);
  assertEquals(second.steps.map(({ text }) => text), ["x", "y\r\n"]);
});

test("parseTranscript refuses a line that it does not know", () => {
  assertThrows(() => parseTranscript("== one\n<< x\n"), Error, 'line 2 is "<< x"');
  assertThrows(() => parseTranscript("> x\n"), Error, 'line 1 is "> x"');
  assertThrows(() => parseTranscript("== one\n> \\q\n"), Error, 'unknown escape "\\q"');
});

test("hold fails at a byte that differs", async () => {
  await assertRejects(
    () => holdAgainstMemcached("> get k\n< EMD\n"),
    Error,
    'line 3: expected "EMD\\r\\n", got "END\\r\\n"',
  );
});

test("hold fails at what comes beyond the transcript", async () => {
  await assertRejects(
    () => holdAgainstMemcached("> get k\n> nonsense\n< END\n"),
    Error,
    'after the last line: expected "END\\r\\n", got "ERROR\\r\\n',
  );
});

test("hold fails when the server does not close as written", async () => {
  await assertRejects(() => holdAgainstMemcached("> quit\nclosed\n> x\n< END\n"), Error, "line 5");
});

test("hold keeps a number and compares it later", async () => {
  const store = "> set k 0 0 1\n> a\n< STORED\n> gets k\n< VALUE k 0 1 {cas:a}\n< a\n< END\n";
  await holdAgainstMemcached(`${store}> cas k 0 0 1 {cas:a}\n> b\n< STORED\n`);
  await assertRejects(() => holdAgainstMemcached(`${store}${store}`), Error, "line 13");
});

test("hold asks the copies", async () => {
  const store = "> set k 0 0 1\n> a\n< STORED\ncopies> get k\n";
  await holdAgainstMemcached(`${store}copies< VALUE k 0 1\\r\\na\\r\\nEND\n`);
  await assertRejects(() => holdAgainstMemcached(`${store}copies< END\n`), Error, 'got "VALUE k');
});
