/**
 * `stats` and its groups over several real servers, also while one of them is dead or silent;
 * and memcached-tool, which reads them.
 */

import { assert, assertEquals, assertGreater, assertLess, equal } from "@std/assert";
import { test } from "node:test";
import { DEFAULT_HEALTH } from "../../src/config/config.ts";
import { Child } from "../support/child.ts";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import type { MemcachedProcess } from "../support/memcached_process.ts";

const TIME_MS = 60_000;
const TOOL = "/usr/share/memcached/scripts/memcached-tool";
/** What a busy machine may add to a timeout. */
const SLACK_MS = 500;
const KEYS = 40;

// Without recovery no server has a marker, so items can be counted.
const FORM = { mains: 2, backups: 1, args: ["--recover", "off"] };

/** Stores keys of two sizes and waits until main and backup have them. */
async function fill(farm: Farm): Promise<void> {
  await using client = await farm.proxy.client();
  for (let i = 0; i < KEYS; i++) {
    assertEquals(await client.set(`key:${i}`, "v".repeat(i % 2 === 0 ? 10 : 5000)), "STORED");
  }
  await poll(
    async () => (await direct(farm.backups[0])).get("curr_items") === `${KEYS}` || null,
    5000,
    "copies on the backup",
  );
}

/** What a server itself says. */
async function direct(server: MemcachedProcess, group = ""): Promise<Map<string, string>> {
  await using client = await server.client();
  const text = await client.ask(`stats ${group}\r\n`, "END\r\n");
  return new Map(
    text.split("\r\n").slice(0, -2).map((line) => {
      const [, name, value] = /^STAT (\S+) ?(.*)$/.exec(line)!;
      return [name, value];
    }),
  );
}

/** The sum of one number over all servers, as they say it themselves. */
async function sumOf(farm: Farm, name: string, group = ""): Promise<string> {
  let sum = 0;
  for (const server of [...farm.mains, ...farm.backups]) {
    sum += Number((await direct(server, group)).get(name) ?? 0);
  }
  return `${sum}`;
}

async function tool(farm: Farm, mode: string): Promise<string> {
  const child = new Child(TOOL, [`127.0.0.1:${farm.proxy.port}`, mode]);
  assertEquals(await child.exit(10_000), 0, child.output);
  return child.output;
}

test("stats counts what clients do, and adds what only servers know", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start(FORM);
  await fill(farm);
  await using client = await farm.proxy.client();
  client.send("get key:0 key:1 nothing\r\ndelete nothing\r\nincr nothing 1\r\ntouch key:0 0\r\n");
  await client.readThrough("TOUCHED\r\n");
  const stats = await farm.proxy.stats();
  const { cmd_get, get_hits, get_misses, cmd_set, delete_misses, incr_misses, touch_hits } = Object
    .fromEntries(stats);
  assertEquals([cmd_get, get_hits, get_misses, cmd_set], ["3", "2", "1", `${KEYS}`]);
  assertEquals([delete_misses, incr_misses, touch_hits], ["1", "1", "1"]);
  assertEquals(stats.get("curr_items"), `${2 * KEYS}`);
  for (const name of ["bytes", "limit_maxbytes", "total_items", "threads", "evictions"]) {
    assertEquals(stats.get(name), await sumOf(farm, name), name);
  }
  assertEquals(stats.get("accepting_conns"), "1");
  assertEquals([...stats.keys()].filter((name) => name.endsWith("_unanswered")), []);
});

test("stats has every name that a memcached has, each once, in lines that parse", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start(FORM);
  await using client = await farm.proxy.client();
  const text = await client.ask("stats\r\n", "END\r\n");
  const lines = text.split("\r\n").slice(4, -2);
  for (const line of lines) assert(/^STAT \S+ \S/.test(line), line);
  const names = lines.map((line) => line.split(" ")[1]);
  assertEquals(new Set(names).size, names.length);
  for (const name of (await direct(farm.mains[0])).keys()) assert(names.includes(name), name);
});

test("stats groups merge classes, sum what is counted and list what differs", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start(FORM);
  await fill(farm);
  const settings = await farm.proxy.stats("settings");
  assertEquals(settings.get("maxbytes"), `${3 * (64 << 20)}`);
  assertEquals(settings.get("item_size_max"), `${1 << 20}`);
  const ports = [...farm.mains, ...farm.backups].map(({ port }) => `${port}`);
  assertEquals(settings.get("tcpport"), ports.join(","));
  assertEquals(settings.get("inter"), "127.0.0.1");

  const items = await farm.proxy.stats("items");
  const slabs = await farm.proxy.stats("slabs");
  const classes = [...items.keys()].filter((name) => name.endsWith(":number"));
  assertEquals(classes.length, 2);
  for (const name of classes) assertEquals(items.get(name), await sumOf(farm, name, "items"));
  assertEquals(slabs.get("active_slabs"), "2");
  assertEquals(slabs.get("total_malloced"), await sumOf(farm, "total_malloced", "slabs"));
  assertEquals((await farm.proxy.stats("sizes")).get("sizes_status"), "disabled");
  const listeners = [...await farm.proxy.stats("conns")]
    .filter(([name, value]) =>
      /^(main_1|main_2|backup_1):\d+:state$/.test(name) &&
      value === "conn_listening"
    );
  assertEquals(listeners.length, 3);
});

test("stats servers tells of every server, and GROUP@HOST:PORT asks one", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start(FORM);
  await fill(farm);
  const servers = await farm.proxy.stats("servers");
  assertEquals(servers.get("main_2_name"), farm.mains[1].server);
  assertEquals(servers.get("backup_1_role"), "backup");
  for (const label of ["main_1", "main_2", "backup_1"]) {
    assertEquals([servers.get(`${label}_state`), servers.get(`${label}_meta`)], ["up", "yes"]);
    assertEquals(servers.get(`${label}_version`), "1.6.18");
    assertGreater(Number(servers.get(`${label}_requests`)), 0);
  }
  const [main] = farm.mains;
  const one = await farm.proxy.stats(`@${main.server}`);
  assertEquals(one.get("pid"), `${main.pid}`);
  assertEquals(
    (await farm.proxy.stats(`settings@${main.server}`)).get("tcpport"),
    `${main.port}`,
  );
  await using client = await farm.proxy.client();
  assertEquals(
    await client.ask("stats @192.0.2.1:1\r\n"),
    'CLIENT_ERROR no server of that name: "stats servers" names them\r\n',
  );
  for (const group of ["nonsense", "detail on", "cachedump 1 1", `reset@${main.server}`]) {
    assertEquals(await client.ask(`stats ${group}\r\n`), "ERROR\r\n", group);
  }
});

test("stats reset is for the proxy's numbers only", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start(FORM);
  await fill(farm);
  await using client = await farm.proxy.client();
  assertEquals(await client.ask("stats reset\r\n"), "RESET\r\n");
  const stats = await farm.proxy.stats();
  assertEquals([stats.get("cmd_set"), stats.get("total_items")], ["0", `${2 * KEYS}`]);
});

test("A silent and a dead server cost stats a bounded time, a line each, and nobody else", {
  timeout: TIME_MS,
}, async () => {
  await using farm = await Farm.start({
    ...FORM,
    mains: 3,
    args: ["--recover", "off", "--failure-limit", "1000", "--request-timeout", "1000"],
  });
  await fill(farm);
  const [alive, silent, dead] = farm.mains;
  await silent.stop();
  await dead.kill();
  for (const group of ["", "items", "slabs", "settings"]) {
    const started = performance.now();
    const asked = farm.proxy.stats(group);
    await using other = await farm.proxy.client();
    assertEquals((await other.ask("version\r\n")).startsWith("VERSION "), true);
    assertLess(performance.now() - started, DEFAULT_HEALTH.requestTimeoutMs / 2);
    const stats = await asked;
    assertLess(performance.now() - started, DEFAULT_HEALTH.requestTimeoutMs + SLACK_MS);
    const untold = [...stats].filter(([name]) => name.endsWith("_unanswered"));
    const before = { items: "items:0:", slabs: "0:" }[group] ?? "";
    assertEquals(untold[0], [`${before}main_2_unanswered`, "request_timeout"]);
    assertEquals(untold[1][0], `${before}main_3_unanswered`);
    assertEquals(["refused", "ejected"].includes(untold[1][1]), true, untold[1][1]);
    if (group === "") assertEquals(stats.get("main_1_name"), alive.server);
    if (group === "settings") assertEquals(stats.get("maxbytes"), `${2 * (64 << 20)}`);
  }
  await using client = await farm.proxy.client();
  assertEquals(
    await client.ask(`stats @${silent.server}\r\n`),
    `SERVER_ERROR BACKEND SERVER ${silent.server}: request timeout\r\n`,
  );
  silent.resume();
});

/** One binary STAT for a group: names and values, or the status of the error. */
async function binaryStats(farm: Farm, group: string): Promise<Map<string, string> | number> {
  await using client = await farm.proxy.client();
  const length = String.fromCharCode(group.length);
  client.send(`\x80\x10\0${length}${"\0".repeat(7)}${length}${"\0".repeat(12)}${group}`);
  const values = new Map<string, string>();
  while (true) {
    const head = await client.readBytes(24);
    const number = (at: number) => head.charCodeAt(at) << 8 | head.charCodeAt(at + 1);
    const body = await client.readBytes(number(10));
    if (number(6) !== 0) return number(6);
    if (number(2) === 0) return values;
    values.set(body.slice(0, number(2)), body.slice(number(2)));
  }
}

test("stats groups are the same in the binary protocol", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start(FORM);
  await fill(farm);
  for (const group of ["settings", "items", "slabs", "sizes"]) {
    // Ages are among them, and a second may pass between the two answers.
    const same = async () =>
      equal(await binaryStats(farm, group), await farm.proxy.stats(group)) || null;
    await poll(same, TIME_MS / 4, `the same stats ${group}`);
  }
  const all = await binaryStats(farm, "") as Map<string, string>;
  assertEquals(all.get("curr_items"), `${2 * KEYS}`);
  const one = await binaryStats(farm, `@${farm.mains[0].server}`) as Map<string, string>;
  assertEquals(one.get("pid"), `${farm.mains[0].pid}`);
  assertEquals(await binaryStats(farm, "nonsense"), 1);
});

test("memcached-tool works through the proxy", { timeout: TIME_MS }, async () => {
  await using farm = await Farm.start(FORM);
  await fill(farm);
  const rows = (await tool(farm, "display")).trimEnd().split("\n").slice(1)
    .map((line) => line.trim().split(/\s+/));
  assertEquals(rows.map(([, , , , count]) => count), [`${KEYS}`, `${KEYS}`]);
  assert(new RegExp(`curr_items +${2 * KEYS}\r?\n`).test(await tool(farm, "stats")));
  assert(new RegExp(`maxbytes +${3 * (64 << 20)}\r?\n`).test(await tool(farm, "settings")));
  assert(/sizes_status +disabled\r?\n/.test(await tool(farm, "sizes")));
});
