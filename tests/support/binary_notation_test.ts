import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { test } from "node:test";
import { casOf, describePacket, packetLength, packetOf, withCas } from "./binary_notation.ts";
import { MemcachedProcess } from "./memcached_process.ts";
import { parseTranscript } from "./transcript.ts";
import { hold } from "./transcript_replay.ts";

/** Holds a conversation of packets with a fresh memcached. */
async function holdAgainstMemcached(lines: string): Promise<void> {
  await using memcached = await MemcachedProcess.start();
  const [conversation] = parseTranscript(`== case\n${lines}`, "binary");
  await hold(conversation, { speaker: "memcached", target: memcached.target });
}

test("packetOf writes a request byte by byte", () => {
  const line = "SET opaque=16909060 cas=258 flags=5 exptime=1 key=k\\x20 value=ab";
  const { text, opcode, key } = packetOf(line, "request");
  assertEquals([opcode, key], [1, "k "]);
  const head = "\x80\x01\0\x02\x08\0\0\0\0\0\0\x0c\x01\x02\x03\x04\0\0\0\0\0\0\x01\x02";
  assertEquals(text, `${head}\0\0\0\x05\0\0\0\x01k ab`);
  assertEquals([packetLength(text), casOf(text)], [text.length, "258"]);
});

test("packetOf writes a response, with the text of its status", () => {
  const { text } = packetOf("GET status=NotFound opaque=1", "response");
  assertEquals(text, "\x81\0\0\0\0\0\0\x01\0\0\0\x09\0\0\0\x01\0\0\0\0\0\0\0\0Not found");
  assertEquals(packetOf("GET status=NotFound value=", "response").text.length, 24);
});

test("packetOf writes lengths that are wrong", () => {
  const { text } = packetOf("0x7f keylen=258 extlen=3 bodylen=1 datatype=4 magic=7", "request");
  assertEquals(text.slice(0, 12), "\x07\x7f\x01\x02\x03\x04\0\0\0\0\0\x01");
});

test("packetOf names the cas number that is to be filled in", () => {
  const { text, cas } = packetOf("GET cas={cas:a} key=k", "request");
  assertEquals([cas, casOf(text), casOf(withCas(text, "77"))], ["a", "0", "77"]);
});

test("packetOf refuses what it does not know", () => {
  assertThrows(() => packetOf("NOTHING", "request"), Error, 'no opcode "NOTHING"');
  assertThrows(() => packetOf("GET colour=red", "request"), Error, 'no field "colour=red"');
  assertThrows(() => packetOf("GET status=Fine", "response"), Error, 'no status "Fine"');
});

test("describePacket names the fields of a packet", () => {
  const { text } = packetOf("GETK flags=1 key=k value=v", "response");
  assertEquals(
    describePacket(text),
    'GETK magic=0x81 status=0x0 opaque=0 cas=0 extras="\\u0000\\u0000\\u0000\\u0001" key="k" ' +
      'value="v" datatype=0',
  );
});

test("hold compares packets byte by byte, and cas numbers by name", async () => {
  const store = "> SET flags=0 exptime=0 key=k value=a\n< SET cas={cas:a}\n";
  await holdAgainstMemcached(`${store}> GET key=k\n< GET cas={cas:a} flags=0 value=a\n`);
  const wrong = [
    `${store}${store}`,
    `${store}> GET key=k\n< GET cas={cas:a} flags=0 value=b\n`,
    `${store}> GET opaque=1 key=k\n< GET cas={cas:a} flags=0 value=a\n`,
    "> GET key=k\n< GET status=NotFound cas={cas:a}\n",
  ];
  for (const lines of wrong) {
    await assertRejects(() => holdAgainstMemcached(lines), Error, "expected ", lines);
  }
  await assertRejects(() => holdAgainstMemcached("> NOOP\n"), Error, "after the last line");
});
