/**
 * The program: from arguments to an exit status.
 *
 *   help, version             print, return
 *   ctl, recover, server      ask a running proxy, print, return
 *   wrong flags               one line on stderr, 2
 *   -D, -v, process 1, child  serve until a signal
 *   else                      start a child in the background, return when it listens
 */

import { InvalidValue } from "../config/invalid_value.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { BACKGROUND_VARIABLE, ERROR_PREFIX, READY_LINE, startInBackground } from "./background.ts";
import { fitClientLimit } from "./client_limit.ts";
import { type CommandLine, readCommandLine } from "./command_line.ts";
import { CONTROL_WORDS, controlCommand } from "./control_command.ts";
import { FLAG_TABLE } from "./flag_table.ts";
import { helpText } from "./help_text.ts";
import { resolveIdentity } from "./identity.ts";
import { ProxyProcess, type ProxyProcessOptions, type StartProxy } from "./proxy_process.ts";

/** What the program runs on. */
export interface Program {
  readonly runtime: Runtime;
  readonly startProxy: StartProxy;
  readonly version: string;
}

/** Exit status for a command line or a file that asks for what cannot be. */
const USAGE_STATUS = 2;

/** Runs the program and resolves with its exit status. */
export async function runCommand(args: readonly string[], program: Program): Promise<number> {
  const { process } = program.runtime;
  try {
    if (CONTROL_WORDS.includes(args[0])) return await controlCommand(args, program.runtime);
    const commandLine = readCommandLine(args, (path) => process.readTextFile(path));
    if (commandLine.kind === "proxy") return await runProxy(args, { commandLine, program });
    process.print("stdout", printedText(commandLine.kind, program));
    return 0;
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    reportFailure(program.runtime, error);
    return USAGE_STATUS;
  }
}

function printedText(kind: "help" | "version", { runtime, version }: Program): string {
  if (kind === "help") return helpText(FLAG_TABLE);
  return `magent ${version} (${runtime.name} ${runtime.version})\n`;
}

function runProxy(
  args: readonly string[],
  given: { commandLine: Extract<CommandLine, { kind: "proxy" }>; program: Program },
): Promise<number> {
  const { runtime, startProxy, version } = given.program;
  const { settings } = given.commandLine;
  const { process } = runtime;
  const identity = resolveIdentity(settings, process);
  const fitted = fitClientLimit(given.commandLine.config, process.descriptorLimit());
  const warnings = [...given.commandLine.warnings];
  if (fitted.warning !== null) warnings.push(fitted.warning);
  const isChild = isBackgroundChild(runtime);
  if (!isChild && !settings.foreground && process.pid !== 1 && process.unixLike) {
    for (const warning of warnings) process.print("stderr", `warning: ${warning}\n`);
    return startInBackground(args, runtime);
  }
  const { config } = fitted;
  const foreground = !isChild;
  return serve(runtime, {
    config,
    settings,
    identity,
    warnings,
    foreground,
    version,
    startProxy,
  });
}

async function serve(runtime: Runtime, options: ProxyProcessOptions): Promise<number> {
  const proxyProcess = new ProxyProcess(runtime, options);
  try {
    await proxyProcess.start();
  } catch (error) {
    reportFailure(runtime, error);
    return 1;
  }
  if (!options.foreground) runtime.process.print("stdout", `${READY_LINE}\n`);
  return proxyProcess.stopped;
}

/** A child has no terminal: its parent reads the line and prints it. */
function reportFailure(runtime: Runtime, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const line = `${message.replaceAll(/\s*[\r\n]+\s*/g, " ")}\n`;
  if (isBackgroundChild(runtime)) runtime.process.print("stdout", `${ERROR_PREFIX}${line}`);
  else runtime.process.print("stderr", line);
}

function isBackgroundChild(runtime: Runtime): boolean {
  return runtime.process.env(BACKGROUND_VARIABLE) === "1";
}
