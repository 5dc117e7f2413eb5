/**
 * The same random packets to memcached and to the embedded server: every answer is the same,
 * byte for byte, cas numbers too.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { askedDirectly } from "../support/binary_exchange.ts";
import { deltaExtras, packet, type PacketFields, words } from "../support/binary_packets.ts";
import { EmbeddedPort } from "../support/embedded_port.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { SeededRandom } from "../support/random_commands.ts";

const PACKETS = 2000;
const TIME_MS = 60_000;
const KEYS = ["k1", "k2", "k3", "odd\n key", "\0"];
const TIMES = [0, 0, 100, 0x7fff_ffff];
const NO_CREATION = 0xffff_ffff;
/**
 * One list of uses: with the modern segments an item that was just read is replaced by a count
 * where it else is changed in place, as long as a thread has not come by.
 */
const MEMCACHED_ARGS = ["-m", "64", "-o", "no_modern"];

type Maker = (random: SeededRandom, key: string) => [opcode: number, fields: PacketFields];

/**
 * No number above 2^63: for those memcached looks for a minus sign, and does so past the end
 * of the value, in whatever lies there.
 */
const VALUES = ["7", "12", "abc", "", "9999999999999999", "a\r\nb"];
/** A number that an item has had, may have, or has not. */
const casOf = (random: SeededRandom) => BigInt(random.pick([0, 0, 0, 1, 5, 1000]));
const stores = (random: SeededRandom) => words(random.below(3), random.pick(TIMES));

const MAKERS: readonly Maker[] = [
  (random, key) => [random.pick([0x00, 0x09, 0x0c, 0x0d]), { key }],
  (random, key) => [random.pick([0x00, 0x0c]), { key }],
  (random, key) => [
    random.pick([0x01, 0x01, 0x11]),
    { key, extras: stores(random), value: random.pick(VALUES), cas: casOf(random) },
  ],
  (random, key) => [
    random.pick([0x02, 0x03, 0x12, 0x13]),
    { key, extras: stores(random), value: random.pick(VALUES) },
  ],
  (random, key) => [random.pick([0x04, 0x14]), { key, cas: casOf(random) }],
  (random, key) => [
    random.pick([0x05, 0x06, 0x15, 0x16]),
    {
      key,
      extras: deltaExtras(
        BigInt(random.below(20)),
        BigInt(random.below(9)),
        random.pick([0, 100, NO_CREATION]),
      ),
    },
  ],
  (random, key) => [
    random.pick([0x0e, 0x0f, 0x19, 0x1a]),
    { key, value: random.pick(VALUES), cas: casOf(random) },
  ],
  (random, key) => [
    random.pick([0x1c, 0x1d, 0x1e, 0x23, 0x24]),
    { key, extras: words(random.pick(TIMES)) },
  ],
  (random) => [random.pick([0x0a, 0x25, 0x7e]), {}],
];

function packetOf(random: SeededRandom): Uint8Array {
  if (random.below(200) === 0) return packet(random.pick([0x08, 0x18]));
  const [opcode, fields] = random.pick(MAKERS)(random, random.pick(KEYS));
  return packet(opcode, fields);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

for (const seed of [1, 2]) {
  const options = { timeout: TIME_MS };

  test(`memcached and the embedded server are one in binary: seed ${seed}`, options, async () => {
    await using memcached = await MemcachedProcess.start({ args: MEMCACHED_ARGS });
    await using embedded = await EmbeddedPort.start();
    await using theirs = await memcached.client();
    await using ours = await embedded.client();
    const random = new SeededRandom(seed);
    const last: string[] = [];
    for (let count = 0; count < PACKETS; count++) {
      const bytes = packetOf(random);
      last.push(hex(bytes));
      const expected = await askedDirectly(theirs, bytes);
      const got = await askedDirectly(ours, bytes);
      const history = last.slice(-30).join("\n");
      assertEquals(got, expected, `seed ${seed}, packet ${count}, after\n${history}`);
    }
  });
}
