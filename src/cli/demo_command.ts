/**
 * `magent demo`: servers, a backup and a proxy in one process, to try things out.
 *
 *   magent demo          prints what to type, runs until Ctrl-C; keys kill and start servers
 *   magent demo --tour   plays the story by itself
 */

import { InvalidValue } from "../config/invalid_value.ts";
import { parseInteger } from "../config/parse_number.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { DEMO_PORT, DemoFarm } from "./demo_farm.ts";
import type { DemoServer } from "./demo_server.ts";
import { demoText } from "./demo_text.ts";
import { DemoTour } from "./demo_tour.ts";
import type { FlagGroup } from "./flag.ts";
import { applyFlags, readFlags } from "./read_flags.ts";
import type { Program, Subcommand } from "./subcommand.ts";

interface DemoSettings {
  port: number | null;
  tour: boolean;
}

/** The servers take the three ports behind that of the proxy. */
const PORT_MAX = 65535 - 3;
const QUIT_KEYS: readonly string[] = ["q", "Q", "\x03", "\x04"];

const FLAGS: readonly FlagGroup<DemoSettings>[] = [{
  heading: "Flags",
  flags: [
    {
      names: ["port"],
      letter: "p",
      value: "N",
      help: "port of the proxy; without it a free one when that is taken",
      defaultText: String(DEMO_PORT),
      set: (settings, value) =>
        settings.port = parseInteger(value, { name: "port", min: 1, max: PORT_MAX }),
    },
    {
      names: ["tour"],
      help: "play the story of two dying servers, and exit",
      set: (settings) => settings.tour = true,
    },
  ],
}];

/** The subcommand. */
export const DEMO_SUBCOMMAND: Subcommand = {
  name: "demo",
  summary: "two servers, a backup and a proxy in one process; --tour plays a story",
  forms: ["[-p PORT]", "--tour [-p PORT]"],
  description: [
    "Needs no memcached: the servers are inside this process, each on a port of this machine, " +
    "and what they hold ends with it. Prints what to type; on a terminal the keys 1, 2 and 3 " +
    "kill a server and start it again, empty. q or Ctrl-C ends it.",
    "The tour stores two keys, kills both main servers, reads on, starts them again and watches " +
    "how they are filled. It takes less than a minute.",
  ],
  flags: FLAGS,
  examples: ["magent demo", "magent demo --tour"],
  statuses: [
    "0: the tour showed what it should, or the demo was ended",
    "1: a port was taken, or a step of the tour did not show what it should",
    "2: the flags ask for what cannot be",
  ],
  run: (args, program) => runDemo(args, program),
};

async function runDemo(args: readonly string[], program: Program): Promise<number> {
  const read = readFlags(args, FLAGS);
  const settings: DemoSettings = { port: null, tour: false };
  applyFlags(settings, read, FLAGS);
  if (read.positionals.length > 0) {
    throw new InvalidValue(
      `Cannot use argument "${read.positionals[0]}": see "magent demo --help"`,
    );
  }
  const { process } = program.runtime;
  const logLine = (line: string) => {
    if (!settings.tour) process.print("stderr", line);
  };
  let farm: DemoFarm;
  try {
    farm = await DemoFarm.start(program, { port: settings.port, logLine });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.print("stderr", `${reason}: name another port with "-p"\n`);
    return 1;
  }
  try {
    const tellsPort = settings.port === null && farm.port !== DEMO_PORT;
    if (tellsPort) process.print("stderr", `port ${DEMO_PORT} is taken: ${farm.port} instead\n`);
    if (settings.tour) return await new DemoTour(farm, program.runtime).play();
    return await stay(farm, program.runtime);
  } finally {
    farm.close();
  }
}

/** Prints what to type, and runs until it is ended. */
async function stay(farm: DemoFarm, runtime: Runtime): Promise<number> {
  const { process } = runtime;
  const ended = Promise.withResolvers<number>();
  const end = () => ended.resolve(0);
  process.onSignal("SIGINT", end);
  if (process.unixLike) process.onSignal("SIGTERM", end);
  const release = process.onKey((key) => {
    if (QUIT_KEYS.includes(key)) return end();
    const server = farm.servers[Number(key) - 1];
    if (server !== undefined) void turn(server, runtime);
  });
  process.print("stdout", demoText(farm, { keys: release !== null }));
  const status = await ended.promise;
  release?.();
  return status;
}

/** Kills a server that lives, or starts one that does not. */
async function turn(server: DemoServer, { process }: Runtime): Promise<void> {
  if (server.alive) {
    server.kill();
    process.print("stdout", `${server.label} was killed, with all that it held\n`);
    return;
  }
  try {
    await server.start(() => Promise.resolve());
    process.print("stdout", `${server.label} is started again, empty\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.print("stderr", `${reason}\n`);
  }
}
