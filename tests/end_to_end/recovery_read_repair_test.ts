/** `--recover read-repair`: keys come back as they are read, for a while, and the rest never. */

import { assertEquals, assertMatch } from "@std/assert";
import { test } from "node:test";
import { poll } from "../support/deadline.ts";
import { Farm } from "../support/farm.ts";

const TIME_MS = 60_000;
const WAIT_MS = 20_000;
const REPAIR_MS = 6000;
/** Timeouts that a busy machine does not reach by itself. */
const READ = Array.from({ length: 9 }, (_, at) => `read${at}`);
const PATIENT = ["--probe-interval", "50", "--request-timeout", "5000"];

for (const connections of ["1", "3"]) {
  test(
    `Read repair without a restore puts back what is read, and ends: ${connections} connections`,
    {
      timeout: TIME_MS,
    },
    async () => {
      const args = [
        "--connections",
        connections,
        "--recover",
        "read-repair",
        "--read-repair-time",
        `${REPAIR_MS}`,
        ...PATIENT,
      ];
      await using farm = await Farm.start({ mains: 1, backups: 1, args });
      const [main] = farm.mains;
      await using client = await farm.proxy.client();
      for (const key of [...READ, "left"]) assertEquals(await client.set(key, "v"), "STORED");
      const until = async (name: string, value: string) => {
        let seen = new Map<string, string>();
        const found = async () => {
          seen = await farm.proxy.stats("recovery");
          return seen.get(`main_1_${name}`) === value || null;
        };
        await poll(found, WAIT_MS, `main_1_${name} ${value}`).catch((error) => {
          throw new Error(`${error.message}\n${JSON.stringify([...seen])}\n${farm.proxy.log}`);
        });
        return seen;
      };
      await main.restart();
      await using direct = await main.client();
      for (const key of READ) {
        await poll(
          async () => await client.get(key) === "v" && await direct.get(key) === "v" || null,
          WAIT_MS,
          `${key} that is put back`,
        );
      }
      const during = await farm.proxy.stats("recovery");
      assertEquals(during.get("main_1_state"), "restoring");
      assertEquals(during.get("main_1_restores_begun"), "0");

      const after = await until("read_repair_ended", "1");
      assertEquals(after.get("main_1_restore"), "settling");
      assertEquals(after.get("main_1_read_repair_left"), "none");
      assertMatch(farm.proxy.log, /backend \S+ read repair ends: what it lacks now is a miss\n/);
      assertEquals(await client.get("left"), "v");
      assertEquals(await direct.get("left"), null);
    },
  );
}
