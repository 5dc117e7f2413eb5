/**
 * magent, a memcached proxy: the program when run, the proxy as a library when imported.
 */

import { runCommand } from "./src/cli/run_command.ts";
import { startProxy } from "./src/proxy.ts";
import { runtimeHere } from "./src/runtime/runtime_here.ts";
import { VERSION } from "./src/version.ts";

export { type Config, DEFAULT_CONFIG } from "./src/config/config.ts";
export { type Proxy, startProxy } from "./src/proxy.ts";

if (import.meta.main) {
  const runtime = await runtimeHere();
  const { process } = runtime;
  process.exit(await runCommand(process.args, { runtime, startProxy, version: VERSION }));
}
