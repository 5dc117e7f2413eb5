/**
 * Settings that work, and that their operator should think about again.
 */

import type { Settings } from "./settings.ts";

/** One sentence for each doubtful choice. */
export function settingsWarnings(settings: Settings): string[] {
  const warnings: string[] = [];
  if (settings.distribution === "ketama-0.6") {
    warnings.push(
      '"ketama-0.6" places nearly all keys on one server, as magent 0.5 and 0.6 did: ' +
        'use it only while moving to "ketama"',
    );
  }
  const seen = new Set<string>();
  for (const { name, address } of [...settings.mains, ...settings.backups]) {
    if (address.transport === "embedded") continue;
    if (seen.has(name)) warnings.push(`server "${name}" is named more than once`);
    seen.add(name);
  }
  return warnings;
}
