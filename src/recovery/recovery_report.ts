/**
 * What `stats recovery` tells: of every server its state, its journal, its repairs and
 * its restores, then what proxies and workers tell each other; and of a server in one line, for
 * `stats` and for people.
 */

import { StatsLines } from "../stats/stats_lines.ts";
import type { Board } from "./board.ts";
import type { Confirmations } from "./confirmations.ts";
import type { FarmServer } from "./farm_servers.ts";
import type { HeldValues } from "./held_values.ts";
import type { Restoration } from "./restoration.ts";
import { progressText } from "./restore_progress.ts";
import type { ServerRecovery } from "./server_recovery.ts";

/** What is told of other proxies over the same servers, and of other workers of this one. */
export interface BoardView {
  readonly board: Pick<Board, "peers" | "counters"> | null;
  /** Requests that could not pass at once; null when all do. */
  readonly requests: { readonly held: number; readonly refused: number } | null;
  /** Values that are held while they are put back; null when nothing is. */
  readonly held: HeldValues | null;
  /** Null in the only worker. */
  readonly confirmations: Pick<Confirmations, "counters"> | null;
}

/** A block of lines for each server, then what proxies and workers tell each other. */
export function recoveryReport(servers: readonly FarmServer[], view: BoardView): StatsLines {
  const lines = new StatsLines();
  for (const server of servers) {
    addState(lines, server);
    if (server.recovery === null) continue;
    addJournal(lines, server.label, server.recovery);
    addCounters(lines, `${server.label}_repairs`, {
      under_way: server.recovery.repairs.size,
      ...server.recovery.repairs.counters,
    });
    addCounters(lines, `${server.label}_refills`, {
      waiting: server.recovery.journal.waiting.size,
      ...server.recovery.refills.counters,
      ...server.recovery.refills.looks.counters,
    });
    addCounters(lines, `${server.label}_cleared`, { ...server.recovery.clearedLooks.counters });
    addCounters(lines, `${server.label}_restores`, {
      ...server.recovery.restoration.restores.counters,
    });
    addReadRepair(lines, server.label, server.recovery.restoration);
    addProgress(lines, server.label, server.recovery);
  }
  addBoard(lines, view);
  const { confirmations, held } = view;
  if (held !== null) {
    const { bytes, waiting, counters } = held;
    addCounters(lines, "held_values", { bytes, waiting, ...counters });
  }
  if (confirmations !== null) addCounters(lines, "confirmations", { ...confirmations.counters });
  return lines;
}

/** What is being done about a server, in a few words: `none`, or how far its restore is. */
export function recoveryText(recovery: ServerRecovery | null): string {
  if (recovery === null) return "none";
  const { missed: waitsFor, lacking } = recovery.peerWait.by;
  if (waitsFor.length > 0) {
    return `waits for proxy ${waitsFor.join(", ")}, which announced missed keys`;
  }
  const { progress } = recovery.restoration.restores;
  if (progress !== null) return progressText(progress);
  if (recovery.restoration.settling) return "settling";
  const { leftSeconds } = recovery.restoration.readRepair;
  if (leftSeconds !== null) return `puts back what is read, for ${leftSeconds} s more`;
  const { missed } = recovery.journal;
  if (missed.size > 0) return `${missed.size} missed keys`;
  return lacking.length > 0 ? `lacks keys that proxy ${lacking.join(", ")} puts back` : "none";
}

/** `recover status`: a line for each server. */
export function statusText(servers: readonly FarmServer[]): string {
  return servers.map(({ label, backend, recovery }) => {
    const { state, reason, since } = backend.status;
    // What was wrong with its connections is past; what it came back as is not.
    const cause = backend.usable && state !== "up" ? recovery?.lastVerdict : reason;
    const why = cause === "none" || cause === undefined ? "" : ` (${cause})`;
    const doing = recoveryText(recovery);
    return `${label} ${backend.name} ${state}${why} since ${since.toISOString()}` +
      `${doing === "none" ? "" : `: ${doing}`}\n`;
  }).join("");
}

function addBoard(lines: StatsLines, { board, requests }: BoardView): void {
  if (board === null || requests === null) return;
  const { held, refused } = requests;
  addCounters(lines, "board", { proxies: board.peers, ...board.counters, held, refused });
}

function addState(lines: StatsLines, { label, backend, recovery }: FarmServer): void {
  const { state, reason, since } = backend.status;
  const { override, flaps, probesPassed, probesNeeded } = backend.health;
  lines
    .add(`${label}_name`, backend.name)
    .add(`${label}_state`, state)
    .add(`${label}_reason`, reason.replaceAll(" ", "_"))
    .add(`${label}_since`, since.toISOString())
    .add(`${label}_override`, override ?? "none")
    .add(`${label}_flaps`, flaps)
    .add(`${label}_probes_passed`, probesPassed)
    .add(`${label}_probes_needed`, probesNeeded)
    .add(`${label}_verdict`, recovery?.lastVerdict ?? "off")
    .add(`${label}_waits_for`, recovery?.peerWait.by.missed.join(",") || "none")
    .add(`${label}_lacks_keys_of`, recovery?.peerWait.by.lacking.join(",") || "none");
}

function addJournal(lines: StatsLines, label: string, recovery: ServerRecovery): void {
  const { missed, cleared, incomplete, lacksMore } = recovery.journal;
  lines
    .add(`${label}_journal_missed`, missed.size)
    .add(`${label}_journal_cleared`, cleared.size)
    .add(`${label}_journal_incomplete`, incomplete ? "yes" : "no")
    .add(`${label}_journal_lacks_more`, lacksMore ? "yes" : "no")
    .add(`${label}_journal_flush`, recovery.flushMissed ? "yes" : "no");
}

function addCounters(
  lines: StatsLines,
  prefix: string,
  counters: Readonly<Record<string, number>>,
): void {
  for (const [name, count] of Object.entries(counters)) lines.add(`${prefix}_${name}`, count);
}

function addReadRepair(lines: StatsLines, label: string, { readRepair }: Restoration): void {
  lines
    .add(`${label}_read_repair_left`, readRepair.leftSeconds ?? "none")
    .add(`${label}_read_repair_ended`, readRepair.ended);
}

function addProgress(lines: StatsLines, label: string, recovery: ServerRecovery): void {
  const { progress } = recovery.restoration.restores;
  if (progress === null) {
    lines.add(`${label}_restore`, recovery.restoration.settling ? "settling" : "none");
    return;
  }
  const { paused, waitsFor } = progress;
  lines
    .add(`${label}_restore`, paused !== null ? "paused" : waitsFor !== null ? "waiting" : "running")
    .add(`${label}_restore_paused_by`, paused ?? "none")
    .add(`${label}_restore_waits_for`, waitsFor ?? "none")
    .add(`${label}_restore_keys`, progress.keys)
    .add(`${label}_restore_done`, progress.done)
    .add(`${label}_restore_left`, progress.left)
    .add(`${label}_restore_rate`, progress.rate)
    .add(`${label}_restore_rate_allowed`, Math.round(progress.allowed))
    .add(`${label}_restore_slowdowns`, progress.slowdowns)
    .add(`${label}_restore_spool_bytes`, progress.spoolBytes)
    .add(`${label}_restore_eta`, progress.etaSeconds ?? "unknown");
}
