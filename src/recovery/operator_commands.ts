/**
 * What an operator says about servers, one line at a time:
 *
 *   recover status [SERVER]
 *   recover start|stop|pause|resume SERVER
 *   server up|down|auto SERVER
 *
 * Owned by: Proxy.
 */

import { type FarmServer, farmServers } from "./farm_servers.ts";
import { type BoardView, recoveryReport, statusText } from "./recovery_report.ts";
import { SETTLE_MS } from "./settling.ts";
import type { StatsLines } from "../stats/stats_lines.ts";

/** What an operator looks at and steers. */
export type OperatedFarm = Parameters<typeof farmServers>[0] & {
  readonly attentive: BoardView["requests"];
};

type Act = (server: FarmServer) => string;

/** Does as it is told, and says what it did: `OK …` or `ERROR …`. */
export class OperatorCommands {
  /** In the order of `stats`. */
  readonly servers: readonly FarmServer[];
  readonly #farm: OperatedFarm;

  constructor(farm: OperatedFarm) {
    this.#farm = farm;
    this.servers = farmServers(farm);
  }

  /** `stats recovery`. */
  report(): StatsLines {
    const { coordinator, attentive } = this.#farm;
    return recoveryReport(this.servers, {
      board: coordinator?.board ?? null,
      requests: attentive,
      held: coordinator?.held ?? null,
      confirmations: coordinator?.confirmations ?? null,
    });
  }

  /** Text that ends in a newline; null when the words are no command of these. */
  answer([topic, verb = "", name = "", ...more]: readonly string[]): string | null {
    if (more.length > 0) return null;
    if (topic === "recover" && verb === "status") {
      return name === "" ? statusText(this.servers) : this.#on(name, (one) => statusText([one]));
    }
    const act = topic === "recover" ? RECOVER[verb] : topic === "server" ? SERVER[verb] : undefined;
    if (act === undefined) return null;
    return this.#on(name, (server) => `${act(server)}\n`);
  }

  #on(name: string, act: Act): string {
    const matching = this.servers.filter(({ label, backend }) =>
      label === name || backend.name === name
    );
    if (matching.length === 1) return act(matching[0]);
    const names = this.servers.map(({ label, backend }) => `${label} (${backend.name})`);
    const wrong = matching.length === 0 ? "unknown" : "ambiguous";
    return `ERROR ${wrong} server ${JSON.stringify(name)}: servers are ${names.join(", ")}\n`;
  }
}

const RECOVER: Readonly<Partial<Record<string, Act>>> = {
  start: ({ backend, recovery }) => {
    const { name } = backend;
    if (recovery === null) {
      return 'ERROR nothing can be restored: there is no backup, or "--recover" is off';
    }
    if (!backend.usable) return `ERROR ${name} is ${backend.status.state}: it is not in service`;
    if (backend.phase === "reconciling") return `ERROR ${name} is reconciling: try again later`;
    if (!backend.speaksMeta) return `ERROR ${name} has no meta commands: keys cannot be put back`;
    if (recovery.restoration.restores.running) return `ERROR a restore of ${name} is running`;
    recovery.start();
    return `OK restore of ${name} begins`;
  },
  stop: ({ backend, recovery }) => {
    if (recovery === null || backend.phase !== "restoring" || recovery.restoration.settling) {
      return `ERROR no restore of ${backend.name} is running`;
    }
    recovery.restoration.stop();
    return `OK restore of ${backend.name} ends; its misses count in ${SETTLE_MS / 1000} s`;
  },
  pause: (server) => hold(server, true),
  resume: (server) => hold(server, false),
};

const SERVER: Readonly<Partial<Record<string, Act>>> = {
  up: ({ backend }) => {
    backend.force("up");
    return `OK ${backend.name} is forced up`;
  },
  down: ({ backend }) => {
    backend.force("down");
    return `OK ${backend.name} is forced down`;
  },
  auto: ({ backend }) => {
    backend.force(null);
    return `OK ${backend.name} is left to its health`;
  },
};

function hold({ backend, recovery }: FarmServer, held: boolean): string {
  if (recovery === null || !recovery.restoration.restores.hold(held)) {
    return `ERROR no restore of ${backend.name} is running`;
  }
  return `OK restore of ${backend.name} ${held ? "waits" : "goes on"}`;
}
