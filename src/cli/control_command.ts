/**
 * The commands of an operator to a running proxy, through its control socket:
 *
 *   magent ctl --control PATH COMMAND                  any line, as it is
 *   magent recover start|stop|pause|resume|status …    the same line, and --follow
 *   magent server up|down|auto SERVER …
 */

import { InvalidValue } from "../config/invalid_value.ts";
import { parseUnixPath } from "../config/parse_unix_path.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { LineClient } from "./line_client.ts";
import type { Flag, FlagGroup } from "./flag.ts";
import { followRecovery } from "./follow_recovery.ts";
import { applyFlags, readFlags } from "./read_flags.ts";
import type { Subcommand } from "./subcommand.ts";

interface ControlRequest {
  path: string | null;
  follow: boolean;
}

const PATH_FLAG: Flag<ControlRequest> = {
  names: ["control"],
  value: "PATH",
  help: "control socket of the proxy",
  set: (request, value) => request.path = parseUnixPath(value),
};

const FOLLOW_FLAG: Flag<ControlRequest> = {
  names: ["follow"],
  help: "show again and again until nothing is left to be put in order",
  set: (request) => request.follow = true,
};

const CONTROL_FLAGS: readonly FlagGroup<ControlRequest>[] = [
  { heading: "Flags", flags: [PATH_FLAG, FOLLOW_FLAG] },
];

/** What help shows where `--follow` would be refused. */
const PATH_FLAGS: readonly FlagGroup<ControlRequest>[] = [
  { heading: "Flags", flags: [PATH_FLAG] },
];

/** What may follow the first word, and how many servers it takes. */
const VERBS: Readonly<Partial<Record<string, Readonly<Record<string, "one" | "any">>>>> = {
  recover: { start: "one", stop: "one", pause: "one", resume: "one", status: "any" },
  server: { up: "one", down: "one", auto: "one" },
};

/** `recover`, `server` and `ctl`. */
export const CONTROL_SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: "recover",
    summary: "how far servers that came back are put in order, and steering it",
    forms: [
      "status [SERVER] [--follow] --control PATH",
      "start|stop|pause|resume SERVER --control PATH",
    ],
    description: [
      "A server that came back empty is filled again from the copies of its keys. status tells " +
      "how far that is, start does it over, pause and resume hold it, stop ends it and lets the " +
      "server serve what it has.",
      'A server is named as in "-s" and "-b", or as in "stats" (main_1, backup_1).',
    ],
    flags: CONTROL_FLAGS,
    words: Object.keys(VERBS.recover ?? {}),
    examples: [
      "magent recover status --follow --control /run/magent.ctl",
      "magent recover pause cache1:11211 --control /run/magent.ctl",
    ],
    run: (args, { runtime }) => controlCommand(["recover", ...args], runtime),
  },
  {
    name: "server",
    summary: "take a server out of service, and give it back",
    forms: ["up|down|auto SERVER --control PATH"],
    description: [
      "down takes the server out of service, without probes; what it misses is remembered. up " +
      "readmits it at its first answer and does not eject it for timeouts. auto leaves it to " +
      "its health again.",
    ],
    flags: PATH_FLAGS,
    words: Object.keys(VERBS.server ?? {}),
    examples: ["magent server down cache1:11211 --control /run/magent.ctl"],
    run: (args, { runtime }) => controlCommand(["server", ...args], runtime),
  },
  {
    name: "ctl",
    summary: "any command to the control socket of a proxy",
    forms: ["--control PATH COMMAND"],
    description: ['The command "help" lists what the control socket understands.'],
    flags: PATH_FLAGS,
    examples: ["magent ctl --control /run/magent.ctl stats servers"],
    run: (args, { runtime }) => controlCommand(["ctl", ...args], runtime),
  },
];

/** Asks a running proxy, prints its answer, and returns the exit status; throws `InvalidValue`. */
export async function controlCommand(args: readonly string[], runtime: Runtime): Promise<number> {
  const [topic, ...rest] = args;
  const read = readFlags(rest, CONTROL_FLAGS);
  const request: ControlRequest = { path: null, follow: false };
  applyFlags(request, read, CONTROL_FLAGS);
  const { path, follow } = request;
  const line = lineOf(topic, read.positionals);
  if (follow && (topic !== "recover" || read.positionals[0] !== "status")) {
    throw new InvalidValue('Cannot use "--follow" with anything but "magent recover status"');
  }
  if (path === null) throw new InvalidValue('no control socket was named: give "--control PATH"');
  try {
    return follow
      ? await followRecovery(runtime, path, read.positionals[1] ?? null)
      : await ask(runtime, path, line);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    runtime.process.print("stderr", `Cannot ask "${path}": ${reason}\n`);
    return 1;
  }
}

function lineOf(topic: string, positionals: readonly string[]): string {
  const words = topic === "ctl" ? positionals : [topic, ...positionals];
  const line = words.join(" ");
  if (line.trim() === "") throw new InvalidValue('no command was given, for example "stats"');
  if (/[\r\n]/.test(line)) throw new InvalidValue("a command must be one line");
  const verbs = VERBS[topic];
  if (verbs !== undefined) checkVerb(topic, verbs, positionals);
  return line;
}

function checkVerb(
  topic: string,
  verbs: Readonly<Record<string, "one" | "any">>,
  [verb, ...servers]: readonly string[],
): void {
  const usage = `usage: magent ${topic} ${Object.keys(verbs).join("|")} SERVER --control PATH`;
  if (verb === undefined || !Object.hasOwn(verbs, verb)) throw new InvalidValue(usage);
  if (servers.length > 1 || servers.some((server) => /\s|^$/.test(server))) {
    throw new InvalidValue(`one server at a time: ${usage}`);
  }
  if (servers.length === 0 && verbs[verb] === "one") {
    throw new InvalidValue(`no server was named: ${usage}`);
  }
}

async function ask(runtime: Runtime, path: string, line: string): Promise<number> {
  const client = await LineClient.connect(runtime, { transport: "unix", path });
  try {
    const answer = await client.askLast(line);
    const failed = /^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/.test(answer);
    runtime.process.print("stdout", answer);
    return failed ? 1 : 0;
  } finally {
    client.close();
  }
}
