/** The output of a client that takes nothing. */

import { BufferBudget } from "../../src/client/buffer_budget.ts";
import { ClientOutput } from "../../src/client/client_output.ts";
import { copyBytes } from "../../src/message/copy_bytes.ts";
import { COMMANDS } from "../../src/message/command.ts";
import { Counters } from "../../src/stats/counters.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeSocket } from "../support/fake_socket.ts";
import { FakeTurns } from "../support/fake_turns.ts";

const MIB = 1 << 20;

/** Gathers what is written until the test looks at it. */
export function loneOutput(counters = new Counters(COMMANDS.length)): ClientOutput {
  const services = {
    turns: new FakeTurns(new FakeClock().now).queue,
    counters,
    budget: new BufferBudget(64 * MIB),
    limits: { replyBytes: 64 * MIB },
    copyBytes,
  };
  const owner = { written: () => {}, slow: () => {}, broken: () => {} };
  return new ClientOutput(new FakeSocket().writable.getWriter(), services, owner);
}
