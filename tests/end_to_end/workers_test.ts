/**
 * A proxy of two workers: both serve, and together they are one proxy.
 */

import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import process from "node:process";
import { test, type TestContext } from "node:test";
import { awaitRefusal } from "../support/await_refusal.ts";
import { awaitStats } from "../support/await_stats.ts";
import { Child } from "../support/child.ts";
import { ClientLoad } from "../support/client_load.ts";
import { poll } from "../support/deadline.ts";
import { Farm, type FarmForm } from "../support/farm.ts";
import { magentCommand } from "../support/magent_process.ts";
import { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const START_MS = 20_000;
const WAIT_MS = 10_000;
const WORKERS = ["--workers", "2"];
const CLIENTS = 40;
const KEYS = 500;
const ANSWERS = 2000;

/** A farm whose workers all listen: the first one accepts while the others start. */
async function startFarm(form: Partial<FarmForm> = {}): Promise<Farm> {
  const args = [...WORKERS, ...form.args ?? []];
  const farm = await Farm.start({ mains: 1, backups: 0, ...form, args });
  await poll(() => farm.proxy.log.includes(" listening on ") || null, START_MS, "all workers");
  return farm;
}

/** So many connections, each of which a worker has answered. */
async function connected(farm: Farm, count: number): Promise<TextClient[]> {
  const clients: TextClient[] = [];
  for (let i = 0; i < count; i++) {
    const client = await farm.proxy.client();
    assertStringIncludes(await client.ask("version\r\n"), "magent/");
    clients.push(client);
  }
  return clients;
}

function closeAll(clients: readonly TextClient[]): void {
  for (const client of clients) client.close();
}

/** Where the system does not spread connections, all of them may be one worker's. */
function spreads(context: TestContext): boolean {
  if (process.platform === "linux") return true;
  context.diagnostic("only Linux spreads connections: their shares are not compared");
  return false;
}

test("two workers share the clients of one port, and stats adds up", {
  timeout: TIME_MS,
}, async (context) => {
  await using farm = await startFarm();
  const clients = await connected(farm, CLIENTS);
  for (const [index, client] of clients.entries()) {
    assertEquals(await client.set(`k${index}`, `v${index}`), "STORED");
  }
  for (const [index, client] of clients.entries()) {
    assertEquals(await client.get(`k${(index + 1) % CLIENTS}`), `v${(index + 1) % CLIENTS}`);
  }
  const stats = await awaitStats(farm.proxy, {
    workers: 2,
    curr_connections: CLIENTS,
    cmd_set: CLIENTS,
    cmd_get: CLIENTS,
    get_hits: CLIENTS,
    main_1_requests: 2 * CLIENTS,
    main_1_connections: 2,
  });
  const shares = [1, 2].map((worker) => Number(stats.get(`worker_${worker}_curr_connections`)));
  assertEquals(shares[0] + shares[1], CLIENTS);
  if (spreads(context)) { for (const share of shares) assertGreater(share, 0); }
  assertEquals((await statsOf(clients[0])).get("cmd_set"), `${CLIENTS}`);
  assertEquals((await statsOf(clients[0])).get("curr_items"), `${CLIENTS}`);

  assertEquals(await clients[0].ask("stats reset\r\n"), "RESET\r\n");
  await awaitStats(farm.proxy, { cmd_set: 0, main_1_requests: 0 });
  closeAll(clients);
});

async function statsOf(client: TextClient): Promise<Map<string, string>> {
  const text = await client.ask("stats\r\n", "END\r\n");
  return new Map(
    [...text.matchAll(/^STAT (\S+) (.*)\r$/gm)].map(([, name, value]) => [name, value]),
  );
}

test("the client limit counts over all workers", { timeout: TIME_MS }, async () => {
  await using farm = await startFarm({ args: ["-n", "10"] });
  await awaitStats(farm.proxy, { curr_connections: 0 });
  const clients = await connected(farm, 10);
  for (let i = 0; i < 10; i++) {
    await using refused = await farm.proxy.client();
    assertEquals(await refused.readToEnd(), "SERVER_ERROR OUT OF CONNECTION\r\n");
  }
  await awaitStats(farm.proxy, { rejected_connections: 10 });
  closeAll(clients.splice(0, 5));
  await awaitStats(farm.proxy, { curr_connections: 5 });
  closeAll([...clients, ...await connected(farm, 5)]);
});

test("what an operator says reaches all workers", { timeout: TIME_MS }, async () => {
  await using farm = await startFarm();
  const clients = await connected(farm, CLIENTS);
  await using operator = await TextClient.connect({ path: farm.proxy.controlPath });
  assertEquals(
    await operator.ask("server down main_1\n", "\n"),
    `OK ${farm.mains[0].server} is forced down\n`,
  );
  for (const client of clients) {
    client.send("set k 0 0 1\r\nv\r\n");
    assertStringIncludes(await client.readLine(), "SERVER_ERROR");
  }
  await operator.ask("server auto main_1\n", "\n");
  for (const client of clients) {
    await poll(async () => await client.set("k", "v") === "STORED" || null, WAIT_MS, "service");
  }
  closeAll(clients);
});

test("TERM lets the clients of all workers have their answers", { timeout: TIME_MS }, async () => {
  await using farm = await startFarm({ args: ["--request-timeout", "20000"] });
  const clients = await connected(farm, CLIENTS);
  assertEquals(await clients[0].set("k", "v"), "STORED");
  for (const client of clients) assertEquals(await client.get("k"), "v");
  await farm.mains[0].stop();
  for (const client of clients) client.send("get k\r\n");
  await awaitStats(farm.proxy, { cmd_get: 2 * CLIENTS });

  const status = farm.proxy.end("SIGTERM");
  await awaitRefusal(farm.proxy);
  farm.mains[0].resume();
  for (const client of clients) {
    assertEquals(await client.readToEnd(), "VALUE k 0 1\r\nv\r\nEND\r\n");
  }
  assertEquals(await status, 0);
});

test("a port that another program has is an error", { timeout: TIME_MS }, async () => {
  await using farm = await startFarm();
  const [command, ...before] = magentCommand();
  const where = ["-D", "-l", "127.0.0.1", "-p", `${farm.proxy.port}`, "-s", farm.mains[0].server];
  const second = new Child(command, [...before, ...where, ...WORKERS]);
  assertEquals(await second.exit(), 1);
  assertStringIncludes(second.output, `Cannot listen on "127.0.0.1:${farm.proxy.port}": in use`);
});

test("values stay right in both workers while a main is killed and comes back empty", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await startFarm({ mains: 2, backups: 1 });
  const values = new Map(Array.from({ length: KEYS }, (_, i) => [`k${i}`, `value ${i}`]));
  await using filler = await farm.proxy.client();
  for (const [key, value] of values) assertEquals(await filler.set(key, value), "STORED");
  {
    await using load = await ClientLoad.start({
      target: farm.proxy.target,
      clients: CLIENTS,
      values,
    });
    await load.collect(ANSWERS);
    await farm.mains[0].kill();
    await load.collect(ANSWERS);
    await farm.mains[0].restart();
    await load.collect(ANSWERS);
    assertEquals(load.problems, []);
  }
});
