import { CopyOrder } from "../../src/route/copy_order.ts";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { KeyLockRoute } from "../../src/route/key_lock_route.ts";
import { Pool } from "../../src/route/pool.ts";
import { ReplicateRoute } from "../../src/route/replicate_route.ts";
import type { Route } from "../../src/route/route.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { forSeeds, type SeededRandom } from "../support/seeded_random.ts";
import { PipeliningClient } from "./pipelining_client.ts";
import { TinyServer } from "./tiny_server.ts";

interface Farm {
  readonly mains: readonly TinyServer[];
  readonly backups: readonly TinyServer[];
  readonly replicate: ReplicateRoute;
  readonly route: Route;
  readonly missed: string[];
}

function farm(options: { sync: boolean; speaksMeta?: boolean; backups?: number }): Farm {
  const { sync, speaksMeta = true, backups = 1 } = options;
  const servers = (name: string, count: number) =>
    Array.from({ length: count }, (_, at) => new TinyServer(`${name}${at}`, { speaksMeta }));
  const mains = servers("main", 2);
  const copies = servers("backup", backups);
  const missed: string[] = [];
  const replicate = new ReplicateRoute({
    mains: new Pool(mains, byLastByte(2)),
    backups: new Pool(copies, byLastByte(backups)),
    sync,
    missed: { missed: ({ name }, request) => missed.push(`${name} ${request.command.name}`) },
    recovery: null,
    order: new CopyOrder(),
    unixTime: () => 1_800_000_000,
    clock: new FakeClock(),
    deadlineMs: 1500,
  });
  return { mains, backups: copies, replicate, route: new KeyLockRoute(replicate), missed };
}

function byLastByte(servers: number) {
  return { owner: (bytes: Uint8Array, _: number, end: number) => bytes[end - 1] % servers };
}

/** Lets clients send and servers act in a random order, until all is done. */
function run(clients: readonly PipeliningClient[], farm: Farm, random: SeededRandom): void {
  const servers = [...farm.mains, ...farm.backups];
  const busy = () =>
    clients.some(({ done }) => !done) || servers.some(({ waiting }) => waiting > 0);
  for (let turn = 0; busy(); turn++) {
    if (turn > 20_000) throw new Error("somebody is never answered");
    const sending = clients.filter(({ maySend }) => maySend);
    if (sending.length > 0 && random.chance(0.5)) random.pick(sending).send();
    else random.pick(servers).step(random);
  }
}

function contents(servers: readonly TinyServer[]): string[] {
  return servers.flatMap(({ items }) =>
    [...items].map(([key, { value, flags }]) => `${key} = ${value} (${flags})`)
  ).sort();
}

function compare({ mains, backups, replicate, missed }: Farm): void {
  assertEquals(contents(backups), contents(mains));
  assertEquals(replicate.keysInFlight, 0);
  assertEquals(missed, []);
}

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((first, at) =>
    permutations([...of.slice(0, at), ...of.slice(at + 1)]).map((rest) => [first, ...rest])
  );
}

const TIME_MS = 60_000;
const LARGE = "x".repeat(TEST_STREAM_BYTES + 1);

function randomCommand(random: SeededRandom, others: readonly string[]): string {
  const key = random.pick(["a", "b", "c"]);
  const value = String(random.below(100));
  const block = `0 ${value.length}\r\n${value}\r\n`;
  return random.pick([
    `set ${key} ${random.below(3)} ${block}`,
    `add ${key} 3 ${block}`,
    `replace ${key} 4 ${block}`,
    `append ${key} 0 ${block}`,
    `prepend ${key} 0 ${block}`,
    `delete ${key}\r\n`,
    `incr ${key} 1\r\n`,
    ...others,
  ]);
}

function randomClients(farm: Farm, random: SeededRandom, others: readonly string[]) {
  return Array.from({ length: 3 }, () =>
    new PipeliningClient(
      farm.route,
      Array.from({ length: 12 }, () => randomCommand(random, others)),
    ));
}

const PIPELINE = [
  "set k 0 0 1\r\nA\r\n",
  "append k 0 0 1\r\nX\r\n",
  "set k 0 0 1\r\nB\r\n",
  "delete k\r\n",
  "flush_all\r\n",
];

for (const sync of [false, true]) {
  const how = sync ? "sync" : "async";

  test(`ReplicateRoute leaves both copies alike, ${how}: five commands in every order`, {
    timeout: TIME_MS,
  }, () => {
    for (const commands of permutations(PIPELINE)) {
      forSeeds(20, (random) => {
        const both = farm({ sync });
        // Something to append to, also at the beginning.
        for (const { items } of [both.mains[1], ...both.backups]) {
          items.set("k", { value: "0", flags: 0 });
        }
        run([new PipeliningClient(both.route, commands)], both, random);
        compare(both);
      });
    }
  });

  test(`ReplicateRoute leaves both copies alike, ${how}: random commands of three clients`, {
    timeout: TIME_MS,
  }, () => {
    forSeeds(300, (random) => {
      const both = farm({ sync, backups: 1 + random.below(2) });
      run(randomClients(both, random, ["flush_all\r\n"]), both, random);
      compare(both);
    });
  });

  test(`ReplicateRoute leaves both copies alike, ${how}: large values among small ones`, {
    timeout: TIME_MS,
  }, () => {
    forSeeds(300, (random) => {
      const both = farm({ sync });
      const large = ["a", "b"].map((key) => `set ${key} 9 0 ${LARGE.length}\r\n${LARGE}\r\n`);
      run(randomClients(both, random, large), both, random);
      compare(both);
    });
  });

  test(`ReplicateRoute, ${how}: a backup of a main without meta lacks values, and has no others`, {
    timeout: TIME_MS,
  }, () => {
    forSeeds(100, (random) => {
      const both = farm({ sync, speaksMeta: false });
      run(randomClients(both, random, ["flush_all\r\n"]), both, random);
      const held = contents(both.mains);
      for (const item of contents(both.backups)) {
        assert(held.includes(item), `the backup has ${item}, the mains ${held}`);
      }
      assertEquals(both.replicate.keysInFlight, 0);
    });
  });
}
