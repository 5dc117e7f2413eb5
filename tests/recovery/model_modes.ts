/** Kinds of schedules, and what holds in each. */

import { FAULT_KINDS, type FaultKind } from "./faults.ts";
import { MODEL_HEALTH } from "./sim_proxy.ts";
import type { ModelOptions } from "./model_options.ts";

/** With `async` the copy is confirmed, or noted as missed, when all timeouts are over, ms. */
const ASYNC_SETTLE_MS = 1500;

const BASE: ModelOptions = {
  proxies: 1,
  mains: 1,
  backups: 1,
  operations: 60,
  settings: { replication: "sync" },
  faults: FAULT_KINDS,
  careful: true,
  settleMs: 0,
};

/** Often enough that a proxy which is gone is found out long before the peace is over. */
const FOUND_OUT = { replication: "sync", boardTickMs: 150 } as const;

const TWO_PROXIES: ModelOptions = {
  ...BASE,
  proxies: 2,
  settings: { replication: "sync", boardTickMs: 150 },
};

const TWO_WORKERS: ModelOptions = { ...BASE, proxies: 2, workers: true };

const WITH_CRASHES: readonly FaultKind[] = [...FAULT_KINDS, "crash"];

const BOTH_SLOW: ModelOptions = {
  ...BASE,
  keys: 2,
  trouble: 5,
  operations: 120,
  faults: ["stop", "cut", "break"],
  careful: false,
  lossless: true,
};

/** By the names that `scripts/model_check` takes. */
export const MODEL_MODES: Readonly<Record<string, ModelOptions>> = {
  /** All promises, given that no key loses both copies. */
  sync: BASE,
  /** More servers, and two connections to each. */
  farm: { ...BASE, mains: 2, backups: 2, settings: { replication: "sync", connections: 2 } },
  /** Whatever is lost, nothing old is read. */
  wild: { ...BASE, careful: false },
  /** Much goes wrong, again and again, and few keys meet often. */
  storm: { ...BASE, keys: 2, trouble: 5, operations: 120 },
  "wild-storm": { ...BASE, keys: 2, mains: 2, trouble: 5, operations: 120, careful: false },
  /** Both copies of a key fail to confirm changes at once, and none loses what it has. */
  "both-slow": BOTH_SLOW,
  "both-slow-async": {
    ...BOTH_SLOW,
    settings: { replication: "async" },
    settleMs: ASYNC_SETTLE_MS,
  },
  /** What is not read in time after a restart is a miss; but nothing old is read, and it ends. */
  "read-repair": {
    ...BASE,
    careful: false,
    settings: { replication: "sync", recover: "read-repair", readRepairMs: 3000 },
  },
  async: { ...BASE, settings: { replication: "async" }, settleMs: ASYNC_SETTLE_MS },
  "wild-async": {
    ...BASE,
    mains: 2,
    settings: { replication: "async", connections: 2 },
    settleMs: ASYNC_SETTLE_MS,
    careful: false,
  },
  /** More is missed than can be noted. */
  "full-journal": { ...BASE, careful: false, settings: { replication: "sync", journalKeys: 2 } },
  /** A proxy that dies takes along what it knew of servers that missed something. */
  crash: { ...BASE, faults: WITH_CRASHES, settings: FOUND_OUT },
  "two-proxies": TWO_PROXIES,
  /** Each key is changed through both, by one client after the other. */
  "two-proxies-in-turns": { ...BASE, proxies: 2, settings: FOUND_OUT, inTurns: true },
  "two-proxies-crash": { ...BASE, proxies: 2, faults: WITH_CRASHES, settings: FOUND_OUT },
  "two-workers": TWO_WORKERS,
  "two-workers-async": {
    ...TWO_WORKERS,
    settings: { replication: "async" },
    settleMs: ASYNC_SETTLE_MS,
  },
  "two-workers-crash": { ...TWO_WORKERS, faults: WITH_CRASHES, settings: FOUND_OUT },
};

/** What only holds where nobody announces anything, because all see the same. */
export const OTHER_MODES: Readonly<Record<string, ModelOptions>> = {
  "two-proxies-agreed": {
    ...BASE,
    proxies: 2,
    operations: 120,
    settings: {
      replication: "sync",
      // They agree as it is; with announcements hardly a change meets a repair.
      boardTickMs: 0,
      health: { ...MODEL_HEALTH, probeMs: 20, probeMaxMs: 20, requestTimeoutMs: 2000 },
    },
    faults: ["kill"],
    agreed: true,
    prompt: true,
    trouble: 3,
  },
};
