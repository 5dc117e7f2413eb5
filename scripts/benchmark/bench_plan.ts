/**
 * All cells of a benchmark, in the order in which a round visits them.
 */

import type { Cell } from "./cell.ts";
import { type BenchSite, generatorOf } from "./measure_cell.ts";
import { MEMTIER_KEY_WORD, memtierRefusal } from "./memtier_command.ts";
import { type Scenario, SCENARIOS } from "./scenario.ts";
import { skipReason, type Target } from "./target.ts";
import { Workload } from "./workload.ts";

/** A cell, and what is needed to measure it once more. */
export interface PlannedCell {
  readonly cell: Cell;
  readonly target: Target;
}

/** Targets innermost: the cells that are compared are measured one after the other. */
export function planCells(
  scenarios: readonly Scenario[],
  targets: readonly Target[],
  site: Pick<BenchSite, "memtier">,
): PlannedCell[] {
  return scenarios.flatMap((scenario) =>
    targets.map((target) => {
      const hasProxy = target.command !== null;
      const skipped = skipReason(target, scenario);
      const generator = generatorOf(scenario.load, site);
      const { label } = target;
      const well = { samples: [], repeated: 0, failure: null };
      return { cell: { scenario, target: label, hasProxy, generator, skipped, ...well }, target };
    })
  );
}

/**
 * What servers must hold: one workload for every length of values, with the most keys; and one
 * more for memtier, which writes values of its own.
 */
export function storedWorkloads(
  scenarios: readonly Scenario[],
  site: Pick<BenchSite, "memtier">,
): Workload[] {
  const own = largest([SCENARIOS[0], ...scenarios]);
  const ofMemtier = scenarios.filter(({ load }) => generatorOf(load, site) === "memtier");
  return [
    ...own.map(({ load }) => stored(load)),
    ...largest(ofMemtier).map(({ load }) => stored({ ...load, keyWord: MEMTIER_KEY_WORD })),
  ];
}

function stored(load: Scenario["load"]): Workload {
  return new Workload({ ...load, protocol: "classic", keysPerGet: 1 });
}

function largest(scenarios: readonly Scenario[]): Scenario[] {
  const byLength = new Map<number, Scenario>();
  for (const scenario of scenarios) {
    const known = byLength.get(scenario.load.valueBytes);
    const more = known === undefined || known.load.keyCount < scenario.load.keyCount;
    if (more) byLength.set(scenario.load.valueBytes, scenario);
  }
  return [...byLength.values()];
}

/** Who makes which loads, in a paragraph. */
export function describeGenerators(
  scenarios: readonly Scenario[],
  site: Pick<BenchSite, "memtier">,
): string {
  const own = scenarios.filter(({ load }) => generatorOf(load, site) === "own");
  const ours = "A client sends its pipeline in one write and waits for all replies; a get of " +
    "several keys is\none request. The generator judges every reply.";
  if (own.length === scenarios.length) return ours;
  const reasons = new Map<string, string[]>();
  for (const { name, load } of own) {
    const reason = memtierRefusal(load) ?? "";
    reasons.set(reason, [...reasons.get(reason) ?? [], name]);
  }
  const exceptions = [...reasons].map(([reason, names]) => `${names.join(", ")} (${reason})`);
  const memtier = "Loads are made by memtier_benchmark, whose clients keep their pipeline full, " +
    "whose window is\nits whole run, and which talks to one of the servers where there is no proxy";
  if (exceptions.length === 0) return `${memtier}.`;
  return `${memtier}.\nThe benchmark's own generator makes ${exceptions.join("; ")}. ${ours}`;
}
