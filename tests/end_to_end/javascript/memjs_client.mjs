/** Does with memjs (binary protocol) what applications do: memjs_client.mjs PORT */

import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { check, checkExpiry } from "./check.mjs";

// Not an import: Deno would fetch the package in order to check this file.
const memjs = createRequire(import.meta.url)("memjs");

const quiet = { log() {} };
const client = memjs.Client.create(`127.0.0.1:${process.argv[2]}`, {
  retries: 0,
  timeout: 10,
  logger: quiet,
});

const textOf = ({ value }) => value === null ? null : value.toString();
const get = async (key) => textOf(await client.get(key));
const failure = (promise) => promise.then(() => "no error", (error) => error.message);

check("set", await client.set("k", "value", {}), true);
check("get", await get("k"), "value");
check("get of a miss", await get("nothing"), null);
check("add of a key that is there", await client.add("k", "other", {}), false);
check("add", await client.add("added", "a", {}), true);
check("replace", await client.replace("k", "new", {}), true);
check("replace of a miss", await client.replace("nothing", "x", {}), false);
check("get after replace", await get("k"), "new");

const many = Array.from({ length: 1000 }, (_, i) => [`many:${i}`, `value ${i} ${"x".repeat(i)}`]);
await Promise.all(many.map(([key, value]) => client.set(key, value, {})));
const got = await Promise.all(many.map(([key]) => get(key)));
check("1,000 sets and gets at a time", got, many.map(([, value]) => value));

check("increment creates", await client.increment("n", 5, { initial: 10 }), {
  success: true,
  value: 10,
});
check("increment", await client.increment("n", 5, {}), { success: true, value: 15 });
check("decrement", await client.decrement("n", 6, {}), { success: true, value: 9 });
check("decrement stops at 0", await client.decrement("n", 100, {}), { success: true, value: 0 });
check("increment beyond 32 bits", await client.increment("n", 4294967295, {}), {
  success: true,
  value: 4294967295,
});
check(
  "increment of a text",
  await failure(client.increment("k", 1, {})),
  "MemJS INCREMENT: Incr/Decr on non-numeric value",
);

await client.set("s", "b", {});
check("append", await client.append("s", "c"), true);
// No prepend: this version of memjs sends an append for it.
check("get after append", await get("s"), "bc");
check(
  "append to a miss",
  await failure(client.append("nothing", "c")),
  "MemJS APPEND: Item not stored",
);

check("touch", await client.touch("k", 100), true);
check("touch of a miss", await client.touch("nothing", 100), false);
check("delete", await client.delete("k"), true);
check("delete of a miss", await client.delete("k"), false);
check("get after delete", await get("k"), null);

for (const bytes of [0, 1, 1000, 300_000, 1_000_000]) {
  const value = Buffer.alloc(bytes, "v");
  check(`set of ${bytes} bytes`, await client.set("big", value, {}), true);
  check(`get of ${bytes} bytes`, (await client.get("big")).value?.equals(value), true);
}
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
await client.set("bytes", everyByte, {});
check("every byte", (await client.get("bytes")).value?.equals(everyByte), true);
check(
  "set of too much",
  await failure(client.set("huge", Buffer.alloc(1_100_000), {})),
  "MemJS SET: Value too large",
);
check("get of what was too much", await get("huge"), null);

check("set for a second", await client.set("short", "v", { expires: 1 }), true);
await checkExpiry("it expires", () => get("short"));

const [stats] = Object.values(
  await new Promise((resolve, reject) =>
    client.stats((error, server, stats) => error ? reject(error) : resolve({ [server]: stats }))
  ),
);
check("stats", Number(stats.pid) > 0, true);
await client.flush();
check("get after flush", await get("s"), null);
client.close();
process.exit(0);
