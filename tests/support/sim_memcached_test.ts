import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MemcachedProcess } from "./memcached_process.ts";
import { SeededRandom } from "./seeded_random.ts";
import { SimMemcached, takeCommand } from "./sim_memcached.ts";

const COMMANDS = 4000;
/** The same in every answer to `mn`: where the answer before it ends. */
const END = "MN\r\n";

/** A command about one of a few keys, leases and marks among them. */
function randomCommand(random: SeededRandom): string {
  const key = random.pick(["a", "b", "c"]);
  const value = String(random.below(1000));
  const block = `${random.below(5)} 0 ${value.length}\r\n${value}\r\n`;
  // Numbers that a small server has just given out, and others.
  const cas = 1 + random.below(COMMANDS);
  return random.pick([
    `get ${key}\r\n`,
    `gets ${key}\r\n`,
    `set ${key} ${block}`,
    `add ${key} ${block}`,
    `replace ${key} ${block}`,
    `append ${key} ${block}`,
    `prepend ${key} ${block}`,
    `cas ${key} 0 0 1 ${cas}\r\nx\r\n`,
    `delete ${key}\r\n`,
    // A real one counts in place or makes a new item, as its threads have it; marks show which.
    "incr n 7\r\n",
    "gets n\r\n",
    "set n 0 0 1\r\n9\r\n",
    `touch ${key} ${random.pick([0, 100, -1])}\r\n`,
    `mg ${key} v f t c\r\n`,
    `mg ${key} c N30\r\n`,
    `mg ${key} k s T200 O12\r\n`,
    `ms ${key} 1 F3 T50\r\ny\r\n`,
    `ms ${key} 1 ME\r\nz\r\n`,
    `ms ${key} 1 C${cas}\r\nw\r\n`,
    `md ${key}\r\n`,
    `md ${key} I\r\n`,
    `md ${key} C${cas}\r\n`,
    "flush_all\r\n",
  ].slice(0, random.chance(0.02) ? 23 : 22));
}

/** A command that compares with the number that the key has now. */
function comparing(random: SeededRandom, sim: SimMemcached, text: string): string {
  const item = sim.items.find(text.split(" ", 2)[1]);
  if (item === null || random.chance(0.3)) return text;
  return text.replace(/ C\d+/, ` C${item.cas}`).replace(/(cas .* )\d+(\r\n)/, `$1${item.cas}$2`);
}

/** Marks may stand in any order, and two clocks may differ by a second. */
function comparable(answer: string): string {
  const end = answer.indexOf("\r\n");
  const line = answer.slice(0, end);
  if (!/^(HD|VA)/.test(line)) return answer;
  const words = line.split(" ").map((word) => /^t\d+$/.test(word) ? "t" : word);
  return words.sort().join(" ") + answer.slice(end);
}

test("SimMemcached answers as a real memcached does", async () => {
  const seed = Date.now() % 1_000_000;
  const random = new SeededRandom(seed);
  await using memcached = await MemcachedProcess.start();
  await using client = await memcached.client();
  const sim = new SimMemcached({ unixMs: () => Date.now(), addresses: () => [] });
  for (let step = 0; step < COMMANDS; step++) {
    const text = comparing(random, sim, randomCommand(random));
    const said = sim.execute(takeCommand(text)!.command);
    const real = (await client.ask(`${text}mn\r\n`, END)).slice(0, -END.length);
    assertEquals(
      comparable(said),
      comparable(real),
      `seed ${seed}, step ${step}: ${JSON.stringify(text)}`,
    );
  }
});
