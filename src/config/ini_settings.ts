/**
 * What the keys of a magent 0.7 configuration file mean, one line each.
 */

import type { ServerAddress } from "./config.ts";
import { type IniEntry, readIniFile } from "./ini_file.ts";
import { InvalidValue } from "./invalid_value.ts";
import { parseHostname } from "./parse_hostname.ts";
import { parseInteger } from "./parse_number.ts";
import { parseServerAddress } from "./parse_server_address.ts";
import type { Settings } from "./settings.ts";

/** The port of a file that names none; without a file it is 11211. */
const DEFAULT_INI_PORT = 11215;

const LOG_FILE_NAME = "magent.log";

const KEYS: Readonly<Record<string, (settings: Settings, value: string) => void>> = {
  maxidle: (settings, value) => {
    const range = { name: "maxidle", min: 1, max: 1024 };
    settings.connectionsMax = parseInteger(value, range);
  },
  maxconns: (settings, value) => {
    const range = { name: "maxconns", min: 1, max: 1_000_000 };
    settings.limits.clients = parseInteger(value, range);
  },
  port: (settings, value) => {
    settings.port = parseInteger(value, { name: "port", min: 0, max: 65535 });
  },
  host_ip: (settings, value) => {
    settings.hostname = parseHostname(value);
  },
  useketama: (settings, value) => {
    settings.distribution = parseSwitch(value) ? "ketama" : "modulo";
  },
  daemon_mode: (settings, value) => {
    settings.foreground = !parseSwitch(value);
  },
  verbose_mode: (settings, value) => {
    settings.verbose = parseSwitch(value);
  },
  logdir: (settings, value) => {
    if (value === "") throw new InvalidValue("logdir must be a folder");
    settings.logFile = `${value.replace(/\/+$/, "")}/${LOG_FILE_NAME}`;
  },
  masters: (settings, value) => {
    settings.mains = parseServers(value);
  },
  backups: (settings, value) => {
    settings.backups = parseServers(value);
  },
};

/**
 * Lays a file over the settings. Returns warnings, each with the line it is about;
 * throws `InvalidValue` with file and line at the first value that cannot be used.
 */
export function applyIniFile(settings: Settings, text: string, path: string): string[] {
  const { entries, ignored } = readIniFile(text, path);
  const warnings = ignored.map(({ line, reason }) => `${path}:${line}: ignored: ${reason}`);
  settings.port = DEFAULT_INI_PORT;
  for (const entry of entries) {
    if (Object.hasOwn(KEYS, entry.key)) applyEntry(settings, entry, path);
    else warnings.push(`${path}:${entry.line}: ignored: unknown key "${entry.key}"`);
  }
  return warnings;
}

function applyEntry(settings: Settings, entry: IniEntry, path: string): void {
  try {
    KEYS[entry.key](settings, entry.value);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw new InvalidValue(
      `Cannot read "${path}:${entry.line}": ${error.message}: current value is "${entry.value}"`,
    );
  }
}

function parseServers(value: string): ServerAddress[] {
  return value.split(",").map((name) => name.trim()).filter((name) => name !== "")
    .map(parseServerAddress);
}

function parseSwitch(value: string): boolean {
  if (/^(1|true|yes|on)$/i.test(value)) return true;
  if (/^(0|false|no|off)$/i.test(value)) return false;
  throw new InvalidValue('switch must be "true" or "false"');
}
