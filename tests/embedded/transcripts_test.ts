/**
 * Every transcript, held with the embedded server as with memcached. It reads lines and
 * packets with the proxy's parsers, so where these answer otherwise, it is held to what the
 * proxy says.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { EmbeddedPort } from "../support/embedded_port.ts";
import { sentBytes, type Speaker } from "../support/transcript.ts";
import { PROTOCOLS, transcriptsOf } from "../support/transcript_files.ts";
import { hold } from "../support/transcript_replay.ts";

const TIME_MS = 60_000;
/** Longer conversations are not cut into single bytes. */
const CUT_BYTES = 4096;

/** Conversations in which the parsers deviate, listed for the proxy in its table of support. */
const AS_THE_PROXY: readonly string[] = [
  "a key of 251 bytes: memcached takes the data for a command, magent swallows it",
  "what the proxy refuses itself has a value behind it that memcached takes for a command",
  "keys of 187 bytes that no line can hold",
  "VERBOSITY",
  "GAT with a value",
  "TOUCH with a value",
];

/** Conversations that it does not take part in, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "lru is refused": "there are no segments to be set up",
  "lru_crawler is refused": "there is no crawler to be set up; dumps have a test of their own",
  "slabs is refused": "there are no slabs to be moved",
  "refresh_certs is refused": "there is no TLS",
  "version": "it names itself behind the number",
  "VERSION": "it names itself behind the number",
};

/** What follows the name of the file. */
function titleOf(name: string): string {
  return name.slice(name.indexOf(": ") + 2);
}

function speakerOf(name: string): Speaker {
  return AS_THE_PROXY.includes(titleOf(name)) ? "magent" : "embedded";
}

async function holdAll(protocol: typeof PROTOCOLS[number], oneByOne: boolean): Promise<void> {
  await using server = await EmbeddedPort.start();
  const failures: string[] = [];
  let held = 0;
  for (const one of transcriptsOf(protocol)) {
    if (oneByOne && sentBytes(one) > CUT_BYTES) continue;
    const reason = LEFT_OUT[titleOf(one.name)];
    if (reason !== undefined) {
      console.log(`left out: ${one.name}: ${reason}`);
      continue;
    }
    held++;
    await hold(one, { speaker: speakerOf(one.name), target: server.target, oneByOne })
      .catch((error: Error) => failures.push(`${one.name}: ${error.message}`));
  }
  assertEquals(failures, []);
  assertEquals(held > 0, true);
}

for (const protocol of PROTOCOLS) {
  test(`the embedded server speaks ${protocol} as written`, { timeout: TIME_MS }, async () => {
    await holdAll(protocol, false);
  });

  test(`it understands ${protocol} byte by byte`, { timeout: TIME_MS }, async () => {
    await holdAll(protocol, true);
  });
}

test("every conversation that is treated apart exists", () => {
  const titles = new Set(PROTOCOLS.flatMap(transcriptsOf).map(({ name }) => titleOf(name)));
  const apart = [...AS_THE_PROXY, ...Object.keys(LEFT_OUT)];
  assertEquals(apart.filter((title) => !titles.has(title)), []);
});
