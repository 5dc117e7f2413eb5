import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Backend } from "../../src/backend/backend.ts";
import type { Identity } from "../../src/backend/identity.ts";
import { KnownIdentity } from "../../src/recovery/known_identity.ts";
import type { Marker } from "../../src/recovery/marker.ts";
import { FakeClock } from "../support/fake_clock.ts";

const GRACE_MS = 1200;
const SEEN = { pid: 7, startSeconds: 1000, generation: 3 } as Identity;

/** A server that was seen, and takes a marker when the test says so. */
class Stage {
  readonly clock = new FakeClock();
  /** Waits for the marker to be taken. */
  take: ((generation: number) => void) | null = null;
  readonly identity = new KnownIdentity({
    backend: {} as Backend,
    clock: this.clock,
    graceMs: GRACE_MS,
    marker: {
      replace: (_: boolean, told: (generation: number) => void) => void (this.take = told),
    } as unknown as Marker,
    marks: () => {},
    foundRestoring: () => {},
  });
}

test("KnownIdentity tells whether a server took its new marker within the grace", async () => {
  const taking = new Stage();
  taking.identity.know(SEEN);
  const taken = taking.identity.tryMarkAnew();
  taking.take!(9);
  assertEquals([await taken, taking.identity.generation], [true, 9]);

  const silent = new Stage();
  silent.identity.know(SEEN);
  const refused = silent.identity.tryMarkAnew();
  silent.clock.advance(GRACE_MS);
  assertEquals([await refused, silent.identity.generation], [false, null]);
});
