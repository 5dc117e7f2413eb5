/**
 * A proxy that begins after another one had ended, and finds a server without a marker: new, or
 * empty? Until another server has told what it is, nobody is told that this one is whole.
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { FIRST_LOOKS_MS } from "../../src/recovery/first_looks.ts";
import { PairStage } from "./pair_stage.ts";

const SOON_MS = 100;
const ANSWERED_MS = 1000;
const SUCCESSOR = 1;

/** The one proxy has ended, the main came back empty, and the other one does not reach the backup. */
async function begun(): Promise<PairStage> {
  const stage = new PairStage({
    workers: false,
    settings: { replication: "sync", boardTickMs: 50 },
  });
  stage.send(0, "set n 0 0 1\r\n1\r\n");
  await stage.pass(SOON_MS);
  stage.proxies[0].close();
  stage.main.kill();
  stage.main.start(false);
  stage.backup.cutFrom.add(SUCCESSOR);
  stage.send(SUCCESSOR, "get n\r\n");
  await stage.pass(SOON_MS);
  assertEquals(stage.proxies[SUCCESSOR].backends[0].usable, true);
  return stage;
}

/** What the marker of the main says. */
function word(stage: PairStage): string {
  return stage.held(stage.main, "magent:gen")?.split(" ").at(-1) ?? "unmarked";
}

test("A server without a marker is marked as restored from when another one has its marker", async () => {
  using stage = await begun();
  assertEquals(word(stage), "unmarked");
  stage.backup.cutFrom.clear();
  await stage.pass(SOON_MS);
  assertEquals(word(stage), "restoring");
  const read = stage.send(SUCCESSOR, "get n\r\n");
  await stage.pass(ANSWERED_MS);
  assertEquals(read.text, "VALUE n 0 1\r\n1\r\n");
});

test("A server without a marker is marked when no other server answers for some seconds", async () => {
  using stage = await begun();
  await stage.pass(FIRST_LOOKS_MS);
  assertEquals(word(stage), "up");
});
