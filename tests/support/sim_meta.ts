/** The meta commands of a simulated memcached, as far as proxies and tests use them. */

import type { SimItem, SimItems } from "./sim_items.ts";

/** Answers one meta command. */
export function answerMeta(items: SimItems, words: readonly string[], data: string): string {
  const [name, key] = words;
  switch (name) {
    case "mg":
      return answerGet(items, key, words.slice(2));
    case "ms":
      return answerSet(items, { key, data, flags: words.slice(3) });
    case "md":
      return answerDelete(items, key, words.slice(2));
    default:
      throw new Error(`not simulated: ${words.join(" ")}`);
  }
}

function answerGet(items: SimItems, key: string, flags: readonly string[]): string {
  let item = items.find(key);
  let won = false;
  const lease = argument(flags, "N");
  if (item === null) {
    if (lease === null) {
      return ["EN", ...flags.flatMap((flag) => echo(key, flag))].join(" ") + "\r\n";
    }
    item = items.lease(key, Number(lease));
    won = true;
  }
  const touch = argument(flags, "T");
  if (touch !== null) item.expiresS = items.expiryOf(Number(touch));
  // Who is told to fill it is told nothing else.
  const marks: string[] = [];
  if (won) marks.push("W");
  else if (item.stale) marks.push(...(item.tokenSent ? ["X", "Z"] : ["W", "X"]));
  else if (item.tokenSent) marks.push("Z");
  if (item.stale) item.tokenSent = true;
  const told = flags.flatMap((flag) => tell(items, item, { key, flag }));
  const head = flags.includes("v") ? `VA ${item.value.length}` : "HD";
  const line = [head, ...told, ...marks].join(" ");
  return flags.includes("v") ? `${line}\r\n${item.value}\r\n` : `${line}\r\n`;
}

function tell(items: SimItems, item: SimItem, asked: { key: string; flag: string }): string[] {
  switch (asked.flag[0]) {
    case "f":
      return [`f${item.flags}`];
    case "t":
      return [`t${items.secondsLeft(item)}`];
    case "c":
      return [`c${item.cas}`];
    case "s":
      return [`s${item.value.length}`];
    default:
      return echo(asked.key, asked.flag);
  }
}

/** What is told of a request, item or no item. */
function echo(key: string, flag: string): string[] {
  if (flag === "k") return [`k${key}`];
  return flag[0] === "O" ? [flag] : [];
}

function answerSet(
  items: SimItems,
  { key, data, flags }: { key: string; data: string; flags: readonly string[] },
): string {
  const item = items.find(key);
  const compared = argument(flags, "C");
  if (compared !== null && item === null) return "NF\r\n";
  if (compared !== null && item !== null && item.cas !== Number(compared)) return "EX\r\n";
  const mode = (argument(flags, "M") ?? "S").toUpperCase();
  const content = {
    value: data,
    flags: Number(argument(flags, "F") ?? 0),
    exptime: Number(argument(flags, "T") ?? 0),
  };
  if (mode === "E" && item !== null) return "NS\r\n";
  if ("RAP".includes(mode) && item === null) return "NS\r\n";
  if (mode === "A") items.extend(item!, item!.value + data);
  else if (mode === "P") items.extend(item!, data + item!.value);
  else items.store(key, content);
  return flags.includes("c") ? `HD c${items.find(key)?.cas ?? 0}\r\n` : "HD\r\n";
}

function answerDelete(items: SimItems, key: string, flags: readonly string[]): string {
  const item = items.find(key);
  if (item === null) return "NF\r\n";
  const compared = argument(flags, "C");
  if (compared !== null && item.cas !== Number(compared)) return "EX\r\n";
  if (!flags.includes("I")) {
    items.delete(key);
    return "HD\r\n";
  }
  item.stale = true;
  item.tokenSent = false;
  item.cas = items.nextCas();
  const touch = argument(flags, "T");
  if (touch !== null) item.expiresS = items.expiryOf(Number(touch));
  return "HD\r\n";
}

/** What follows the letter of a flag; null when the flag is not there. */
function argument(flags: readonly string[], letter: string): string | null {
  return flags.find((flag) => flag[0] === letter)?.slice(1) ?? null;
}
