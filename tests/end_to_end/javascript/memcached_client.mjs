/** Does with memcached from npm (text protocol) what applications do: memcached_client.mjs PORT */

import { createRequire } from "node:module";
import { check, checkExpiry } from "./check.mjs";

// Not an import: Deno would fetch the package in order to check this file.
const Memcached = createRequire(import.meta.url)("memcached");

const MAX_VALUE = 2_000_000;
const client = new Memcached(`127.0.0.1:${process.argv[2]}`, {
  retries: 0,
  timeout: 10_000,
  maxValue: MAX_VALUE,
});

/** Calls a method; an error is given as its message. */
function ask(method, ...args) {
  return new Promise((resolve) =>
    client[method](...args, (error, answer) => resolve(error ? `error: ${error.message}` : answer))
  );
}

const get = async (key) => await ask("get", key) ?? null;

check("set", await ask("set", "k", "value", 0), true);
check("get", await get("k"), "value");
check("get of a miss", await get("nothing"), null);
check("add of a key that is there", await ask("add", "k", "other", 0), "error: Item is not stored");
check("replace", await ask("replace", "k", "new", 0), true);
check("get after replace", await get("k"), "new");

const many = Object.fromEntries(
  Array.from({ length: 1000 }, (_, i) => [`many:${i}`, `value ${i} ${"x".repeat(i)}`]),
);
await Promise.all(Object.entries(many).map(([key, value]) => ask("set", key, value, 0)));
check("getMulti of 1,000 keys", await ask("getMulti", Object.keys(many)), many);
check("getMulti with misses", await ask("getMulti", ["many:1", "nothing"]), {
  "many:1": many["many:1"],
});

const { cas, k } = await ask("gets", "k");
check("gets", k, "new");
check("cas", await ask("cas", "k", "by cas", cas, 0), true);
check("cas with an old number", await ask("cas", "k", "too late", cas, 0), false);
check("get after cas", await get("k"), "by cas");

check("set of a number", await ask("set", "n", 10, 0), true);
check("incr", await ask("incr", "n", 5), 15);
check("decr", await ask("decr", "n", 6), 9);
check("incr of a miss", await ask("incr", "nothing", 1), false);
check(
  "incr of a text",
  await ask("incr", "k", 1),
  "error: cannot increment or decrement non-numeric value",
);

check("set before append", await ask("set", "s", "b", 0), true);
check("append", await ask("append", "s", "c"), true);
check("prepend", await ask("prepend", "s", "a"), true);
check("get after append", await get("s"), "abc");

check("touch", await ask("touch", "k", 100), true);
check("touch of a miss", await ask("touch", "nothing", 100), false);
check("delete", await ask("del", "k"), true);
check("delete of a miss", await ask("del", "k"), false);
check("get after delete", await get("k"), null);

check("set of a unicode key", await ask("set", "schlüssel:鍵", "wert 値", 0), true);
check("get of a unicode key", await get("schlüssel:鍵"), "wert 値");
check("set of an object", await ask("set", "object", { list: [1, 2] }, 0), true);
check("get of an object", await get("object"), { list: [1, 2] });

for (const bytes of [1, 1000, 300_000, 1_000_000]) {
  const value = "v".repeat(bytes);
  check(`set of ${bytes} bytes`, await ask("set", "big", value, 0), true);
  check(`get of ${bytes} bytes`, await get("big") === value, true);
}
check("set of 0 bytes", await ask("set", "empty", "", 0), true);
check("get of 0 bytes", await get("empty"), "");
check("set for a second", await ask("set", "short", "v", 1), true);
await checkExpiry("it expires", () => get("short"));

const [version] = await ask("version");
check("version", [version.major, version.minor], ["1", "6"]);
const [stats] = await ask("stats");
check("stats", Number(stats.pid) > 0, true);
check("flush", await ask("flush"), [true]);
check("get after flush", await get("s"), null);
// Last, because this library gives a server up for a while that says so.
check("set of too much", await ask("set", "huge", "v".repeat(1_100_000), 0), false);
client.end();
process.exit(0);
