import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { Log } from "../../src/log/log.ts";
import { ServerPhase } from "../../src/recovery/server_phase.ts";
import { SharedServers } from "../../src/recovery/shared_servers.ts";
import type { Phase } from "../../src/route/route.ts";

const COUNTS = { servers: 1, workers: 2 };

/** The phase of a server in one worker, and what another one sees of it. */
function phaseOfTwo() {
  const memory = SharedServers.memory(COUNTS);
  const [own, other] = [0, 1].map((worker) => new SharedServers(memory, COUNTS, worker).server(0));
  const backend = {
    name: "main",
    ownPhase: "serving" as Phase,
    elsewhere: own,
    enter: (phase: Phase) => void (backend.ownPhase = phase),
  };
  const phase = new ServerPhase(backend, new Log(() => {}));
  return { phase, other, seen: () => [backend.ownPhase, other.lacks] };
}

test("ServerPhase tells other workers of a restore while it waits for other proxies", () => {
  const { phase, seen } = phaseOfTwo();
  phase.waitForOthers(true);
  assertEquals(seen(), ["reconciling", false]);
  phase.enter("restoring");
  assertEquals(seen(), ["reconciling", true]);
  phase.waitForOthers(false);
  assertEquals(seen(), ["restoring", true]);
  phase.enter("serving");
  assertEquals(seen(), ["serving", false]);
});

test("ServerPhase serves for no worker before the last flush_all has ended", () => {
  const { phase, seen } = phaseOfTwo();
  phase.enter("restoring");
  phase.flushBegins();
  phase.enter("serving");
  assertEquals(seen(), ["restoring", true]);
  phase.flushEnds();
  assertEquals(seen(), ["serving", false]);
});
