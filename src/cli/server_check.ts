/**
 * One short connection to a server: does it answer, and as what?
 */

import type { Config, ServerAddress } from "../config/config.ts";
import { formatSize } from "../config/parse_number.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { LineClient } from "./line_client.ts";

/** What came of it. */
export interface ServerCheck {
  readonly answers: boolean;
  /** In a few words. */
  readonly text: string;
}

/** Never rejects; takes about the connect timeout of the proxy, and no longer than twice that. */
export async function checkServer(
  server: ServerAddress,
  { connectTimeoutMs }: Config["health"],
  runtime: Runtime,
): Promise<ServerCheck> {
  if (server.address.transport === "embedded") {
    const size = formatSize(server.address.limitBytes);
    return { answers: true, text: `begins with the proxy, inside it: ${size}` };
  }
  const startMs = runtime.now();
  let client: LineClient | null = null;
  try {
    client = await LineClient.connect(runtime, server.address, connectTimeoutMs);
    const answer = (await client.ask("version")).trim();
    const version = /^VERSION (.*)$/.exec(answer)?.[1];
    if (version === undefined) {
      const heard = answer === "" ? "closed the connection" : `answered "${answer.slice(0, 80)}"`;
      return { answers: false, text: `is no memcached: "version" ${heard}` };
    }
    const ms = (runtime.now() - startMs).toFixed(1);
    return { answers: true, text: `answers in ${ms} ms, version ${version}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { answers: false, text: `does not answer: ${reason}` };
  } finally {
    client?.close();
  }
}
