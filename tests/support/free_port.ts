/**
 * Ports for programs that cannot be asked which port they were given.
 */

import { createServer } from "node:net";
import { listen } from "./listen.ts";

/** Finds a TCP port of the loopback address that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}
