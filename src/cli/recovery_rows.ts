/** What `stats recovery` says of each server, as a person reads it. */

import { statValues } from "./stat_values.ts";

/** One server. */
export interface RecoveryRow {
  readonly label: string;
  readonly name: string;
  readonly state: string;
  /** Restored already, and waiting for a while before it is trusted alone. */
  readonly settling: boolean;
  /** Null while nothing is put back. */
  readonly restore: {
    readonly keys: number;
    readonly done: number;
    /** Keys a second. */
    readonly rate: number;
    readonly etaSeconds: number | null;
    /** Why it does not go on, or an empty text. */
    readonly waits: string;
  } | null;
}

/** True when nothing is left to be put back on a server, whether or not it is trusted alone. */
export function isInOrder({ state, settling, restore }: RecoveryRow): boolean {
  return restore === null && (state === "up" || settling);
}

/** Reads the `STAT` lines. */
export function recoveryRows(stats: string): readonly RecoveryRow[] {
  const values = statValues(stats);
  const rows: RecoveryRow[] = [];
  for (const name of values.keys()) {
    const label = /^((?:main|backup)_\d+)_name$/.exec(name)?.[1];
    if (label !== undefined) rows.push(rowOf(label, (field) => values.get(`${label}_${field}`)));
  }
  return rows;
}

function rowOf(label: string, value: (field: string) => string | undefined): RecoveryRow {
  const number = (field: string): number => Number(value(field) ?? 0);
  const restore = value("restore") ?? "none";
  const eta = value("restore_eta") ?? "unknown";
  const waits = restore === "paused"
    ? `paused: ${value("restore_paused_by")}`
    : restore === "waiting"
    ? `waits for ${value("restore_waits_for")}`
    : "";
  return {
    label,
    name: value("name") ?? "",
    state: value("state") ?? "unknown",
    settling: restore === "settling",
    restore: restore === "none" || restore === "settling" ? null : {
      keys: number("restore_keys"),
      done: number("restore_done"),
      rate: number("restore_rate"),
      etaSeconds: eta === "unknown" ? null : Number(eta),
      waits,
    },
  };
}
