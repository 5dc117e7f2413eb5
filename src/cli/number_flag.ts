/**
 * Flags that put one number into the settings; their defaults are those of `Config`.
 */

import type { Health, Limits } from "../config/config.ts";
import { formatSize, parseInteger, parseSize } from "../config/parse_number.ts";
import { defaultSettings, type Settings } from "../config/settings.ts";
import type { Flag } from "./flag.ts";

/** No timeout or pause of ours makes sense beyond an hour, ms. */
export const HOUR_MS = 3_600_000;

/** What the helpers below need to know about a flag. */
export interface NumberFlagOptions {
  readonly name: string;
  readonly letter?: string;
  readonly unit: "MS" | "N" | "SIZE";
  readonly min: number;
  readonly max: number;
  readonly help: string;
}

/** A flag for one number of `Config.health`. */
export function healthFlag(field: keyof Health, options: NumberFlagOptions): Flag<Settings> {
  return numberFlag(options, {
    read: (settings) => settings.health[field],
    store: (settings, number) => settings.health[field] = number,
  });
}

/** A flag for one number of `Config.limits`. */
export function limitFlag(field: keyof Limits, options: NumberFlagOptions): Flag<Settings> {
  return numberFlag(options, {
    read: (settings) => settings.limits[field],
    store: (settings, number) => settings.limits[field] = number,
  });
}

/** Numbers of the settings themselves that have a flag. */
type SettingNumber =
  | "port"
  | "connections"
  | "connectionsMax"
  | "restoreKeysPerSecond"
  | "readRepairMs"
  | "journalKeys";

/** A flag for one number that stands in the settings themselves. */
export function settingFlag(
  field: SettingNumber,
  options: NumberFlagOptions,
): Flag<Settings> {
  return numberFlag(options, {
    read: (settings) => settings[field],
    store: (settings, number) => settings[field] = number,
  });
}

function numberFlag(
  options: NumberFlagOptions,
  place: {
    read: (settings: Settings) => number;
    store: (settings: Settings, number: number) => void;
  },
): Flag<Settings> {
  const { name, letter, unit, min, max, help } = options;
  const range = { name: name.replaceAll("-", " "), min, max };
  const parse = unit === "SIZE" ? parseSize : parseInteger;
  const write = unit === "SIZE" ? formatSize : String;
  const show = (settings: Settings) => write(place.read(settings));
  return {
    names: [name],
    ...(letter === undefined ? {} : { letter }),
    value: name === "port" ? "PORT" : unit,
    help,
    defaultText: show(defaultSettings()),
    show,
    set: (settings, text) => place.store(settings, parse(text, range)),
  };
}
