/**
 * What a connection to a server costs: the same proxy with one connection to each
 * server and with several, weighed after the same requests.
 *
 *   (weight with S × N connections - weight with S) / (S × N - S)
 *
 * How many connections there are is counted by the servers.
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { askServer } from "../benchmark/ask_server.ts";
import { freePort } from "../../tests/support/free_port.ts";
import type { MemcachedFarm } from "../benchmark/memcached_farm.ts";
import type { PinnedProcess } from "../benchmark/pinned_process.ts";
import type { ProcessCrew } from "../benchmark/process_crew.ts";
import { waitUntilServing } from "../benchmark/wait_until_serving.ts";
import type { Weight } from "./weighed_proxy.ts";

const PROGRAM = fileURLToPath(new URL("./weighed_proxy.ts", import.meta.url));
const ANSWER_MS = 20_000;
const LOOK_MS = 10;
/** So many that every connection has carried some. */
const GETS_PER_CONNECTION = 20;
/** Gets that are sent together: few, so that no buffer grows by them. */
const TOGETHER = 64;

/** Where proxies run, and how they are started there. */
export interface WeighingSite {
  readonly crew: ProcessCrew;
  readonly core: number;
  readonly farm: MemcachedFarm;
  /** The command that runs a TypeScript file, and lets it collect garbage. */
  readonly start: readonly string[];
}

/** The bytes that one connection adds, with so many connections to each server against one. */
export async function weighConnections(site: WeighingSite, connections: number): Promise<Weight> {
  const gets = site.farm.mainPorts.length * connections * GETS_PER_CONNECTION;
  const few = await weighProxy(site, { connections: 1, gets });
  const many = await weighProxy(site, { connections, gets });
  const added = many.connections - few.connections;
  if (added <= 0) {
    throw new Error(`Cannot weigh connections: ${many.connections} against ${few.connections}`);
  }
  return {
    heap: (many.weight.heap - few.weight.heap) / added,
    resident: (many.weight.resident - few.weight.resident) / added,
  };
}

async function weighProxy(
  site: WeighingSite,
  of: { connections: number; gets: number },
): Promise<{ weight: Weight; connections: number }> {
  const { crew, core, farm, start } = site;
  const port = await freePort();
  const config = {
    listen: { hostname: "127.0.0.1", port },
    mains: farm.mainPorts.map(serverAt),
    connections: of.connections,
    connectionsMax: of.connections,
  };
  const before = await countConnections(farm);
  const proxy = crew.start(core, [...start, PROGRAM, JSON.stringify(config)]);
  try {
    await waitUntilServing(port, proxy);
    for (let first = 0; first < of.gets; first += TOGETHER) await getKeys(port, first);
    const connections = await countConnections(farm) - before;
    return { weight: await weigh(proxy), connections };
  } finally {
    await proxy.stop();
  }
}

function serverAt(port: number) {
  const hostname = "127.0.0.1";
  return { name: `${hostname}:${port}`, address: { transport: "tcp", hostname, port } };
}

async function getKeys(port: number, first: number): Promise<void> {
  const lines = Array.from({ length: TOGETHER }, (_, at) => `get scale:${first + at}\r\n`);
  await ask(port, lines.join(""), (text) => text.split("END\r\n").length > TOGETHER);
}

/** Connections to all servers, as they count them; each counts the one that asks, too. */
async function countConnections(farm: MemcachedFarm): Promise<number> {
  let total = 0;
  for (const port of farm.mainPorts) {
    const text = await ask(port, "stats\r\n", (text) => text.endsWith("END\r\n"));
    total += Number(/STAT curr_connections (\d+)/.exec(text)?.[1]);
  }
  return total;
}

async function ask(
  port: number,
  request: string,
  isWhole: (text: string) => boolean,
): Promise<string> {
  let text = "";
  const take = (chunk: Uint8Array) => {
    text += new TextDecoder().decode(chunk);
    return isWhole(text);
  };
  await askServer(port, new TextEncoder().encode(request), { timeoutMs: ANSWER_MS, take });
  return text;
}

async function weigh(proxy: PinnedProcess): Promise<Weight> {
  const deadline = performance.now() + ANSWER_MS;
  process.kill(proxy.pid, "SIGUSR2");
  while (!proxy.output.endsWith("}\n")) {
    if (proxy.hasEnded) throw new Error(`Cannot weigh a proxy that has ended: ${proxy.complaint}`);
    if (performance.now() > deadline) throw new Error(`No weight after ${ANSWER_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return JSON.parse(proxy.output);
}
