import { poll } from "./deadline.ts";
import type { MagentProcess } from "./magent_process.ts";

const REFUSAL_MS = 10_000;

/** Waits until a proxy that drains takes no new client. */
export async function awaitRefusal(proxy: MagentProcess): Promise<void> {
  const refused = async () => {
    try {
      await using client = await proxy.client();
      await client.readToEnd(1);
      return null;
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "ECONNREFUSED" || null;
    }
  };
  await poll(refused, REFUSAL_MS, "refusal of a new client");
}
