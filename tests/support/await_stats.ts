/** Waits for numbers and states that a proxy tells in its `stats`. */

import { poll } from "./deadline.ts";
import type { MagentProcess } from "./magent_process.ts";

const WAIT_MS = 10_000;

/** Waits until every named line has its value; gives all lines that need no server's answer. */
export async function awaitStats(
  proxy: MagentProcess,
  expected: Readonly<Record<string, string | number>>,
): Promise<Map<string, string>> {
  let seen: (string | undefined)[] = [];
  const wanted = Object.entries(expected);
  const ask = async () => {
    const stats = await proxy.ownStats();
    seen = wanted.map(([name]) => stats.get(name));
    return wanted.every(([, value], at) => seen[at] === `${value}`) ? stats : null;
  };
  return await poll(ask, WAIT_MS, `stats ${JSON.stringify(expected)}`).catch((error) => {
    throw new Error(`${error.message}: they are ${JSON.stringify(seen)}\n${proxy.log}`);
  });
}

/** `pool size` of every server, in the words of `stats matrix`. */
export async function poolSizes(proxy: MagentProcess): Promise<Record<string, number>> {
  await using client = await proxy.client();
  const text = await client.ask("stats matrix\r\n", "END\r\n");
  const lines = text.matchAll(/^((?:matrix|backup) \d+) -> \S+, pool size (\d+)\r$/gm);
  return Object.fromEntries([...lines].map(([, name, size]) => [name, Number(size)]));
}
