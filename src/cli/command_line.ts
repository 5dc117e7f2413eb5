/**
 * What the arguments ask for: help, the version, or a proxy with its settings.
 */

import type { Config } from "../config/config.ts";
import { applyIniFile } from "../config/ini_settings.ts";
import { InvalidValue } from "../config/invalid_value.ts";
import { defaultSettings, type Settings, toConfig } from "../config/settings.ts";
import { settingsWarnings } from "../config/settings_warnings.ts";
import { FLAG_TABLE } from "./flag_table.ts";
import { applyFlags, type ReadFlags, readFlags } from "./read_flags.ts";

/** Flags that a proxy could be started with. */
export interface ProxyLine {
  readonly kind: "proxy";
  readonly settings: Settings;
  readonly config: Config;
  /** What works but should be told to the operator. */
  readonly warnings: readonly string[];
}

/** Arguments that were understood. */
export type CommandLine =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | ProxyLine;

/** Throws `InvalidValue` with one line for the operator. */
export function readCommandLine(
  args: readonly string[],
  readTextFile: (path: string) => string,
): CommandLine {
  const read = readFlags(args, FLAG_TABLE);
  if (read.given.has("help")) return { kind: "help" };
  if (read.given.has("version")) return { kind: "version" };
  refusePositionals(read);
  return readProxyLine(read, readTextFile);
}

/** Throws `InvalidValue` when something stands there that belongs to no flag. */
export function refusePositionals({ positionals }: ReadFlags): void {
  if (positionals.length === 0) return;
  throw new InvalidValue(
    `Cannot use argument "${positionals[0]}": every argument belongs to a flag, ` +
      'see "magent --help"',
  );
}

/** What the flags of a proxy say, whatever else was given; throws `InvalidValue`. */
export function readProxyLine(
  read: ReadFlags,
  readTextFile: (path: string) => string,
): ProxyLine {
  const settings = defaultSettings();
  const fileWarnings = applyConfigFile(settings, read, readTextFile);
  applyFlags(settings, read, FLAG_TABLE);
  checkKetama(settings, read);
  const config = toConfig(settings);
  return {
    kind: "proxy",
    settings,
    config,
    warnings: [...fileWarnings, ...settingsWarnings(settings)],
  };
}

function applyConfigFile(
  settings: Settings,
  read: ReadFlags,
  readTextFile: (path: string) => string,
): string[] {
  const file = read.given.get("config")?.at(-1);
  if (file === undefined) return [];
  let text: string;
  try {
    text = readTextFile(file.value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidValue(`Cannot read configuration file "${file.value}": ${reason}`);
  }
  return applyIniFile(settings, text, file.value);
}

/** `-k` beside `--distribution modulo` is a mistake that would move every key. */
function checkKetama(settings: Settings, read: ReadFlags): void {
  const ketama = read.given.get("ketama")?.at(-1);
  if (ketama === undefined || settings.distribution !== "modulo") return;
  throw new InvalidValue(`Cannot use "${ketama.spelling}" with "--distribution modulo"`);
}
