/**
 * Every flag of magent: its names, its value, its default and its help.
 *
 * Letters are those of the original; a newer flag has a long name only. A new flag
 * is an entry here, in `health_flags.ts` or in `limit_flags.ts`: parsing, errors and `--help` follow.
 */

import { InvalidValue } from "../config/invalid_value.ts";
import { parseHostname } from "../config/parse_hostname.ts";
import { parseInteger, parseMode } from "../config/parse_number.ts";
import { DEFAULT_SERVER_PORT, parseServerAddress } from "../config/parse_server_address.ts";
import { parseUnixPath } from "../config/parse_unix_path.ts";
import { WORKERS_LIMIT } from "../config/worker_count.ts";
import { DEFAULT_UNIX_MODE, defaultSettings, type Settings } from "../config/settings.ts";
import { choiceFlag } from "./choice_flag.ts";
import type { Flag, FlagGroup } from "./flag.ts";
import { HEALTH_FLAGS } from "./health_flags.ts";
import { LIMIT_FLAGS } from "./limit_flags.ts";
import { HOUR_MS, settingFlag } from "./number_flag.ts";

const DEFAULTS = defaultSettings();

/** Most connections to one server that make sense to anyone. */
const CONNECTIONS_LIMIT = 1024;

const WORKERS_RANGE = { name: 'workers other than "auto"', min: 1, max: WORKERS_LIMIT };

const LISTENING: FlagGroup<Settings> = {
  heading: "Listening",
  flags: [
    settingFlag("port", {
      name: "port",
      letter: "p",
      unit: "N",
      min: 0,
      max: 65535,
      help: "TCP port for clients; 0 turns TCP off",
    }),
    {
      names: ["listen"],
      letter: "l",
      value: "IP",
      help: "local address for clients",
      defaultText: DEFAULTS.hostname,
      set: (settings, value) => {
        if (/^[^:]*:[^:]*$|\]:/.test(value)) {
          throw new InvalidValue('local address must come without a port, which "-p" names');
        }
        settings.hostname = parseHostname(value);
      },
      show: ({ hostname }) => hostname,
    },
    {
      names: ["unix-socket"],
      letter: "f",
      value: "PATH",
      help: "Unix socket for clients",
      set: (settings, value) => settings.unixPath = parseUnixPath(value),
      show: ({ unixPath }) => unixPath ?? "none",
    },
    {
      names: ["unix-mode"],
      value: "OCTAL",
      help: "permissions of that socket",
      defaultText: `0${DEFAULT_UNIX_MODE.toString(8)}`,
      set: (settings, value) => settings.unixMode = parseMode(value),
      show: ({ unixMode }) => `0${unixMode.toString(8)}`,
    },
    {
      names: ["workers"],
      value: "N",
      help: "threads that share the port and serve clients; auto is one for each core",
      defaultText: String(DEFAULTS.workers),
      set: (settings, value) =>
        settings.workers = value === "auto" ? value : parseInteger(value, WORKERS_RANGE),
      show: ({ workers }) => String(workers),
    },
    {
      names: ["control"],
      value: "PATH",
      help: "Unix socket for the operator's commands, see the end",
      set: (settings, value) => settings.controlPath = parseUnixPath(value),
      show: ({ controlPath }) => controlPath ?? "none",
    },
  ],
};

const SERVERS: FlagGroup<Settings> = {
  heading: "Servers (HOST, HOST:PORT, [IPV6]:PORT or unix:PATH; " +
    `the port is ${DEFAULT_SERVER_PORT} if none is named)`,
  flags: [
    serverFlag("mains", {
      names: ["server"],
      letter: "s",
      help: "a main memcached; once per server, their order places the keys; " +
        "embedded:64m is one inside this process",
    }),
    serverFlag("backups", {
      names: ["backup"],
      letter: "b",
      help: "a backup memcached, which holds a second copy; may be repeated",
    }),
    {
      names: ["ketama"],
      letter: "k",
      help: 'the same as "--distribution ketama"',
      set: (settings) => settings.distribution = "ketama",
      show: ({ distribution }) => distribution === "ketama" ? "yes" : "no",
    },
    choiceFlag("distribution", {
      name: "distribution",
      words: ["modulo", "ketama", "ketama-0.6"],
      help: "modulo, ketama, or ketama-0.6 (the faulty ring of magent 0.5 and 0.6)",
    }),
    choiceFlag("replication", {
      name: "replication",
      words: ["async", "sync"],
      help: "async answers when the main has, sync when the backup has too",
    }),
    choiceFlag("onError", {
      name: "on-error",
      words: ["miss", "error"],
      help: "what a read becomes that no server can answer: miss or error",
    }),
    choiceFlag("recover", {
      name: "recover",
      words: ["auto", "read-repair", "off"],
      help: "a server that comes back: auto, read-repair (nothing in the background) or off",
    }),
    choiceFlag("onIncompleteJournal", {
      name: "on-incomplete-journal",
      words: ["flush", "serve"],
      help: "a server that missed more keys than are remembered: flush it, or serve what it has",
    }),
    settingFlag("restoreKeysPerSecond", {
      name: "restore-rate",
      unit: "N",
      min: 1,
      max: 10_000_000,
      help: "keys a second put back on a server that came back empty",
    }),
    settingFlag("readRepairMs", {
      name: "read-repair-time",
      unit: "MS",
      min: 0,
      max: 24 * HOUR_MS,
      help: "how long keys that no restore puts back are looked for at their copies",
    }),
    settingFlag("journalKeys", {
      name: "journal-keys",
      unit: "N",
      min: 1,
      max: 100_000_000,
      help: "missed keys remembered for one server",
    }),
    settingFlag("connections", {
      name: "connections",
      unit: "N",
      min: 1,
      max: CONNECTIONS_LIMIT,
      help: "pipelined connections to each server",
    }),
    settingFlag("connectionsMax", {
      name: "max-connections",
      letter: "i",
      unit: "N",
      min: 1,
      max: CONNECTIONS_LIMIT,
      help: "most connections to one server, those for long values included",
    }),
    {
      names: ["admin-commands"],
      help: "give cache_memlimit, lru, lru_crawler and slabs to all servers, not refuse them",
      set: (settings) => settings.adminCommands = true,
      show: ({ adminCommands }) => adminCommands ? "yes" : "no",
    },
  ],
};

const PROCESS: FlagGroup<Settings> = {
  heading: "Process",
  flags: [
    {
      names: ["config"],
      letter: "c",
      value: "FILE",
      help: "read a magent 0.7 ini file first; flags override it",
    },
    {
      names: ["user"],
      letter: "u",
      value: "USER",
      help: "run as this user, by name or number",
      set: (settings, value) => settings.user = value,
      show: ({ user }) => user ?? "none",
    },
    {
      names: ["group"],
      letter: "g",
      value: "GROUP",
      help: "run as this group, by name or number",
      set: (settings, value) => settings.group = value,
      show: ({ group }) => group ?? "none",
    },
    {
      names: ["foreground", "no-daemon"],
      letter: "D",
      help: "do not go to the background",
      set: (settings) => settings.foreground = true,
      show: ({ foreground }) => foreground ? "yes" : "no",
    },
    {
      names: ["verbose"],
      letter: "v",
      help: "log more, and stay in the foreground",
      set: (settings) => {
        settings.verbose = true;
        settings.foreground = true;
      },
      show: ({ verbose }) => verbose ? "yes" : "no",
    },
    {
      names: ["pid-file"],
      value: "PATH",
      help: "write the process id here while running",
      set: (settings, value) => settings.pidFile = value,
      show: ({ pidFile }) => pidFile ?? "none",
    },
    {
      names: ["log-file"],
      value: "PATH",
      help: "log here; without it to stderr in the foreground, else nowhere",
      set: (settings, value) => settings.logFile = value,
      show: ({ logFile }) => logFile ?? "none",
    },
    { names: ["help"], letter: "h", help: "print this and exit" },
    { names: ["version"], help: "print the version and exit" },
  ],
};

/** The flags in the order of `--help`. */
export const FLAG_TABLE: readonly FlagGroup<Settings>[] = [
  LISTENING,
  SERVERS,
  HEALTH_FLAGS,
  LIMIT_FLAGS,
  PROCESS,
];

function serverFlag(
  field: "mains" | "backups",
  options: Pick<Flag<Settings>, "names" | "letter" | "help">,
): Flag<Settings> {
  return {
    ...options,
    value: "SERVER",
    repeats: true,
    set: (settings, value, position) => {
      if (/[,;]/.test(value)) {
        throw new InvalidValue("server must be named alone: repeat the flag for the next one");
      }
      // The first one named by a flag replaces the list of the file.
      if (position === 0) settings[field] = [];
      settings[field].push(parseServerAddress(value));
    },
  };
}
