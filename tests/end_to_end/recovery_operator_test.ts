/**
 * What an operator sees of servers that come back, and what he can say about them:
 * `stats recovery`, `magent recover`, `magent server`.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import { Child } from "../support/child.ts";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";
import { magentCommand } from "../support/magent_process.ts";

const TIME_MS = 60_000;
const WAIT_MS = 20_000;
const KEYS = 600;

/** A farm and its operator. */
class OperatedFarm implements AsyncDisposable {
  readonly farm: Farm;

  private constructor(farm: Farm) {
    this.farm = farm;
  }

  static async start(...args: readonly string[]): Promise<OperatedFarm> {
    const fast = ["--probe-interval", "50"];
    return new OperatedFarm(await Farm.start({ mains: 1, backups: 1, args: [...fast, ...args] }));
  }

  get server(): string {
    return this.farm.mains[0].server;
  }

  /** Runs `magent` against the control socket. */
  command(...words: string[]): Child {
    const [command, ...before] = magentCommand();
    return new Child(command, [...before, ...words, "--control", this.farm.proxy.controlPath]);
  }

  /** Says something, and expects it to be done. */
  async say(...words: string[]): Promise<string> {
    const child = this.command(...words);
    assertEquals(await child.exit(WAIT_MS), 0, child.output);
    return child.output;
  }

  async fill(keys: number, value = "v"): Promise<void> {
    await using client = await this.farm.proxy.client();
    for (let key = 0; key < keys; key++) assertEquals(await client.set(`k${key}`, value), "STORED");
  }

  /** Waits until the lines of the main say this; gives all of them. */
  async untilMain(expected: Readonly<Record<string, string>>): Promise<Map<string, string>> {
    let seen = "";
    return await poll(
      async () => {
        const stats = await this.farm.proxy.stats("recovery");
        seen = JSON.stringify([...stats].filter(([name]) => name.startsWith("main_1_")));
        const met = Object.entries(expected).every(([name, value]) =>
          stats.get(`main_1_${name}`) === value
        );
        return met ? stats : null;
      },
      WAIT_MS,
      `stats ${JSON.stringify(expected)}`,
    ).catch((error) => {
      throw new Error(`${error.message}: they are ${seen}\n${this.farm.proxy.log}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.farm[Symbol.asyncDispose]();
  }
}

function number(stats: ReadonlyMap<string, string>, name: string): number {
  return Number(stats.get(`main_1_${name}`));
}

test("A restore is seen, paused, resumed, stopped and begun again", {
  timeout: TIME_MS,
}, async () => {
  await using it = await OperatedFarm.start("--restore-rate", "100");
  await it.fill(KEYS);
  await it.farm.mains[0].restart();
  await using client = await it.farm.proxy.client();
  assertEquals(await client.get("k1"), "v");
  const running = await it.untilMain({ state: "restoring", restore: "running", verdict: "empty" });
  assertEquals(running.get("main_1_restores_begun"), "1");

  assertEquals(await it.say("recover", "pause", it.server), `OK restore of ${it.server} waits\n`);
  // A pause does not hold up the reading of names.
  const paused = await it.untilMain({
    restore: "paused",
    restore_paused_by: "operator",
    restore_keys: `${KEYS + 1}`,
  });
  assertEquals(paused.get("main_1_restore_rate_allowed"), "0");
  const plain = await it.farm.proxy.ownStats();
  assertMatch(plain.get("main_1_recovery") ?? "", /^\d+_of_601_keys,_paused:_operator$/);
  assertMatch(
    await it.say("recover", "status", "main_1"),
    /^main_1 127\S+ restoring \(empty\) since \S+Z: \d+ of 601 keys, paused: operator\n$/,
  );

  await it.say("recover", "resume", it.server);
  const resumed = await it.untilMain({ restore: "running" });
  assert(number(resumed, "restore_done") < KEYS, "a pause stops it");
  await it.say("recover", "stop", "main_1");
  await it.untilMain({ restore: "settling", restores_cancelled: "1" });
  assertEquals(await client.get(`k${KEYS - 1}`), "v");
  await it.say("recover", "start", "main_1");
  await it.untilMain({ restore: "settling", restores_begun: "2", restores_complete: "1" });
  for (const server of [it.farm.mains[0], it.farm.backups[0]]) {
    await using direct = await server.client();
    assertEquals(await direct.get(`k${KEYS - 1}`), "v");
  }
  const { log } = it.farm.proxy;
  assertMatch(log, /backend \S+ restore begins: from 127\S+, at most 100 keys\/s\n/);
  assertMatch(log, /backend \S+ restored: \d+ filled, \d+ present, 0 absent,/);
});

test("magent recover status --follow tells how far it is, and ends with the restore", {
  timeout: TIME_MS,
}, async () => {
  await using it = await OperatedFarm.start("--restore-rate", "200");
  await it.fill(KEYS);
  await it.farm.mains[0].restart();
  await it.untilMain({ restore: "running" });
  const child = it.command("recover", "status", it.server, "--follow");
  assertEquals(await child.exit(WAIT_MS), 0, child.output);
  const lines = child.output.trimEnd().split("\n");
  assertMatch(lines[0], /^main_1 127\S+ restoring +\d+ % +\d+\/\d+ +\d+\/s/);
  assertMatch(lines.at(-1)!, /^main_1 127\S+ restoring settling$/);
});

test("A server that is forced down is left alone, and put in order when it is given back", {
  timeout: TIME_MS,
}, async () => {
  await using it = await OperatedFarm.start();
  await using client = await it.farm.proxy.client();
  assertEquals(await client.set("k", "old"), "STORED");
  assertEquals(await it.say("server", "down", "main_1"), `OK ${it.server} is forced down\n`);
  await it.untilMain({ state: "down", reason: "operator", override: "down" });
  assertEquals(await client.get("k"), "old");
  assertEquals(await client.set("k", "new"), "STORED");
  assertEquals(await client.get("k"), "new");
  const down = await it.untilMain({ state: "down", journal_missed: "1" });
  assertEquals(down.get("backup_1_state"), "up");
  const plain = await it.farm.proxy.ownStats();
  assertEquals([plain.get("main_1_probes"), plain.get("main_1_connections")], ["0", "0"]);
  await using main = await it.farm.mains[0].client();
  assertEquals(await main.get("k"), "old");

  await it.say("server", "auto", it.server);
  await it.untilMain({ state: "up", override: "none", journal_missed: "0", verdict: "same" });
  assertEquals(await main.get("k"), "new");
  assertEquals(await client.get("k"), "new");
  await it.say("server", "up", it.server);
  await it.untilMain({ state: "up", reason: "operator", override: "up" });
});

test("Operators are told in one line what they said wrong", { timeout: TIME_MS }, async () => {
  await using it = await OperatedFarm.start();
  const servers = `main_1 (${it.server}), backup_1 (${it.farm.backups[0].server})`;
  for (
    const [words, status, text] of [
      ["server down nowhere", 1, `ERROR unknown server "nowhere": servers are ${servers}\n`],
      ["recover pause main_1", 1, `ERROR no restore of ${it.server} is running\n`],
      ["recover stop main_1", 1, `ERROR no restore of ${it.server} is running\n`],
      ["recover status nowhere --follow", 1, `unknown server "nowhere": servers are ${servers}\n`],
      ["server sideways main_1", 2, "usage: magent server up|down|auto SERVER --control PATH\n"],
    ] as const
  ) {
    const child = it.command(...words.split(" "));
    assertEquals(await child.exit(WAIT_MS), status);
    assertEquals(child.output, text);
  }
});

test("A server that is lost again and again must pass more probes", {
  timeout: TIME_MS,
}, async () => {
  await using it = await OperatedFarm.start("--flap-limit", "2", "--recover", "off");
  await using client = await it.farm.proxy.client();
  for (let time = 0; time < 2; time++) {
    assertEquals(await client.get("k"), null);
    await it.farm.mains[0].kill();
    await it.untilMain({ state: "ejected" });
    await it.farm.mains[0].restart();
    await it.untilMain({ state: "up" });
  }
  const stats = await it.farm.proxy.ownStats();
  assertEquals([stats.get("main_1_ejections"), stats.get("main_1_flaps")], ["2", "1"]);
  assertStringIncludes(it.farm.proxy.log, `backend ${it.server} is flapping: probe 1 of 2\n`);
});

test("A restore pauses while the server throws out other keys for it", {
  timeout: TIME_MS,
}, async () => {
  const value = "v".repeat(20_000);
  await using it = await OperatedFarm.start("--restore-rate", "100");
  await it.fill(KEYS, value);
  await it.farm.mains[0].restart(["-m", "2"]);
  await it.untilMain({ restore: "paused", restore_paused_by: "evictions" });
  const resumed = await it.untilMain({ restore: "running" });
  assert(number(resumed, "restore_rate_allowed") < 100, "it goes on more slowly");
});
