/**
 * The program: from arguments to an exit status.
 *
 *   help, version             print, return
 *   a subcommand              do what it does, return
 *   wrong flags               one line on stderr, 2
 *   -D, -v, process 1, child  serve until a signal
 *   else                      start a child in the background, return when it listens
 */

import { InvalidValue } from "../config/invalid_value.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { BACKGROUND_VARIABLE, ERROR_PREFIX, READY_LINE, startInBackground } from "./background.ts";
import { fitClientLimit } from "./client_limit.ts";
import { type CommandLine, readCommandLine } from "./command_line.ts";
import { FLAG_TABLE } from "./flag_table.ts";
import { helpText, subcommandHelp } from "./help_text.ts";
import { resolveIdentity } from "./identity.ts";
import { ProxyProcess, type ProxyProcessOptions } from "./proxy_process.ts";
import type { Program, Subcommand } from "./subcommand.ts";
import { SUBCOMMANDS } from "./subcommand_table.ts";

/** Exit status for a command line or a file that asks for what cannot be. */
const USAGE_STATUS = 2;

/** Runs the program and resolves with its exit status. */
export async function runCommand(args: readonly string[], program: Program): Promise<number> {
  const { process } = program.runtime;
  try {
    const [first, ...rest] = args;
    const subcommand = SUBCOMMANDS.find(({ name }) => name === first);
    if (subcommand !== undefined) return await runSubcommand(subcommand, rest, program);
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

async function runSubcommand(
  subcommand: Subcommand,
  args: readonly string[],
  program: Program,
): Promise<number> {
  if (!asksForHelp(args)) return await subcommand.run(args, program);
  program.runtime.process.print("stdout", subcommandHelp(subcommand));
  return 0;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).some((arg) => arg === "--help" || arg === "-h");
}

function printedText(kind: "help" | "version", { runtime, version }: Program): string {
  if (kind === "help") return helpText(FLAG_TABLE, SUBCOMMANDS);
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
  const fitted = fitClientLimit(given.commandLine.config, process.descriptorLimit(), runtime.cores);
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
