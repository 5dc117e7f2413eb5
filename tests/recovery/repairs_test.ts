import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { FETCH } from "../../src/message/command.ts";
import { Request } from "../../src/message/request.ts";
import { TEST_STREAM_BYTES } from "../support/parsed_request.ts";
import { toBytes } from "../support/latin1.ts";
import { FETCHED, LEASE, RepairsStage as Stage } from "./repairs_stage.ts";

test("Repairs put a value back under its lease, with its flags and a second less", async () => {
  const stage = await Stage.connected();
  const { main, copy } = stage;
  await stage.repair("a", "b");
  assertEquals(await stage.answer(main, "EN W c7\r\nEN W c8\r\n"), LEASE("a") + LEASE("b"));
  const found = "VA 2 f5 t60 c1\r\nv1\r\nVA 1 f0 t-1 c2\r\nw\r\n";
  assertEquals(await stage.answer(copy, found), FETCHED("a") + FETCHED("b"));
  const fills = "ms a 2 F5 T59 C7\r\nv1\r\nms b 1 F0 T0 C8\r\nw\r\n";
  assertEquals(await stage.answer(main, "HD\r\nEX\r\n"), fills);
  assertEquals(stage.ended, ["a known", "b unclear"]);
  assertEquals([stage.counts, stage.repairs.size], [{ filled: 1, overtaken: 1 }, 0]);
});

test("Repairs of one key are one, and all who asked are told in their order", async () => {
  const stage = await Stage.connected();
  const { main } = stage;
  await stage.repair("k", "other", "k", "k");
  assertEquals(stage.repairs.size, 2);
  assertEquals(await stage.answer(main, "HD c3\r\nHD c4\r\n"), LEASE("k") + LEASE("other"));
  assertEquals(stage.ended, ["k known", "k known", "k known", "other known"]);
  assertEquals(stage.counts, { present: 2 });
});

test("Repairs take a placeholder away when the copy has no value for it", async () => {
  for (
    const [found, left, count] of [
      ["EN\r\n", "k known", "absent"],
      ["VA 1 f0 t1 c2\r\nw\r\n", "k known", "absent"],
      ["VA 0 f0 t20 c2 Z\r\n\r\n", "k clean", "failed"],
    ]
  ) {
    const stage = await Stage.connected();
    await stage.repair("k");
    await stage.answer(stage.main, "EN W c7\r\n");
    await stage.answer(stage.copy, found);
    assertEquals(await stage.answer(stage.main, "HD\r\n"), "md k C7\r\n");
    assertEquals([stage.ended, stage.counts], [[left], { [count]: 1 }]);
  }
});

test("Repairs write nothing to a server that broke between lease and fill", async () => {
  const stage = await Stage.connected();
  const { main, copy } = stage;
  await stage.repair("k");
  await stage.answer(main, "EN W c7\r\n");
  main.network.last.lose();
  await stage.turn();
  // Another process: its numbers begin anew, and 7 may be that of something newer.
  assertEquals([await main.exchange(), main.backend.poolSize], ["Miss", 1]);
  main.network.last.takeSent();
  await stage.answer(copy, "VA 1 f0 t-1 c2\r\nw\r\n");
  assertEquals(main.network.last.sent, "");
  assertEquals([stage.ended, stage.counts], [["k unclear"], { failed: 1 }]);
});

test("Repairs leave a placeholder alone when its server broke before it was given up", async () => {
  const stage = await Stage.connected();
  const { main, copy } = stage;
  await stage.repair("k");
  await stage.answer(main, "EN W c7\r\n");
  main.network.last.lose();
  await stage.turn();
  await main.exchange();
  main.network.last.takeSent();
  await stage.answer(copy, "EN\r\n");
  assertEquals([main.network.last.sent, stage.ended], ["", ["k unclear"]]);
});

test("Repairs count a fill as failed whose answer was lost", async () => {
  const stage = await Stage.connected();
  await stage.repair("k");
  await stage.answer(stage.main, "EN W c7\r\n");
  await stage.answer(stage.copy, "VA 1 f0 t-1 c2\r\nw\r\n");
  stage.main.network.last.lose();
  await stage.turn();
  assertEquals([stage.ended, stage.counts], [["k unclear"], { failed: 1 }]);
});

test("Repairs of a copy that broke off, or may not answer, put nothing back", async () => {
  const lost = await Stage.connected();
  await lost.repair("k");
  await lost.answer(lost.main, "EN W c7\r\n");
  lost.copy.network.last.lose();
  await lost.turn();
  assertEquals(await lost.answer(lost.main, "HD\r\n"), "md k C7\r\n");
  assertEquals([lost.ended, lost.counts], [["k clean"], { failed: 1 }]);
  const behind = await Stage.connected();
  await behind.repair("k");
  await behind.answer(behind.main, "EN W c7\r\n");
  behind.answers = false;
  await behind.answer(behind.copy, "VA 1 f0 t-1 c2\r\nw\r\n");
  assertEquals(await behind.answer(behind.main, "HD\r\n"), "md k C7\r\n");
});

test("Repairs know a server that has no room for a placeholder, or for the value", async () => {
  for (const said of ["EN\r\n", "SERVER_ERROR out of memory\r\n"]) {
    const stage = await Stage.connected();
    await stage.repair("k");
    await stage.answer(stage.main, said);
    assertEquals([stage.ended, stage.counts], [["k clean"], { refused: 1 }], said);
  }
  const stage = await Stage.connected();
  await stage.repair("k");
  await stage.answer(stage.main, "EN W c7\r\n");
  await stage.answer(stage.copy, "VA 1 f0 t-1 c2\r\nw\r\n");
  await stage.answer(stage.main, "SERVER_ERROR out of memory storing object\r\n");
  // The placeholder must not stay, whatever the server did with it.
  assertEquals(await stage.answer(stage.main, "NF\r\n"), "md k C7\r\n");
  assertEquals([stage.ended, stage.counts], [["k clean"], { refused: 1 }]);
});

test("Repairs that a flush overtakes come to nothing, and none begin until it has ended", async () => {
  const stage = await Stage.connected();
  await stage.repair("k");
  await stage.answer(stage.main, "EN W c7\r\n");
  stage.repairs.flushBegins();
  await stage.repair("late");
  await stage.answer(stage.copy, "VA 1 f0 t-1 c2\r\nw\r\n");
  assertEquals(await stage.answer(stage.main, "NF\r\n"), "md k C7\r\n");
  assertEquals(stage.counts, { skipped: 1, failed: 1 });
  stage.repairs.flushEnds();
  await stage.repair("late");
  assertEquals(await stage.answer(stage.main, "HD c1\r\n"), LEASE("late"));
});

test("Repairs put back values that come in parts", async () => {
  const stage = await Stage.connected();
  const value = "0123456789".repeat(TEST_STREAM_BYTES);
  await stage.repair("k");
  await stage.answer(stage.main, "EN W c7\r\n");
  await stage.answer(stage.copy, `VA ${value.length} f9 t60 c2\r\n${value.slice(0, 100)}`);
  await stage.answer(stage.copy, `${value.slice(100)}\r`);
  await stage.answer(stage.copy, "\n");
  const fill = `ms k ${value.length} F9 T59 C7\r\n${value}\r\n`;
  assertEquals(await stage.answer(stage.main, "HD\r\n"), fill);
  assertEquals([stage.ended, stage.counts], [["k known"], { filled: 1 }]);
});

test("Repairs give a large value up that breaks off", async () => {
  const stage = await Stage.connected();
  await stage.repair("k");
  await stage.answer(stage.main, "EN W c7\r\n");
  await stage.answer(stage.copy, "VA 1000 f9 t60 c2\r\nbegun");
  stage.copy.network.last.lose();
  await stage.turn();
  assertEquals(await stage.answer(stage.main, "HD\r\n"), "md k C7\r\n");
  assertEquals([stage.ended, stage.counts], [["k clean"], { failed: 1 }]);
});

test("Repairs of many keys keep them apart", async () => {
  const stage = await Stage.connected();
  // More than there are jobs to be used again, in fewer at a time than a connection takes.
  for (let round = 0; round < 3; round++) {
    const keys = Array.from({ length: 700 }, (_, at) => `${round}:${at}`.padEnd(1 + at % 250, "x"));
    await stage.repair(...keys);
    const asked = await stage.answer(stage.main, keys.map(() => "HD c1\r\n").join(""));
    assertEquals(asked, keys.map(LEASE).join(""));
    assertEquals(stage.ended.splice(0), keys.map((key) => `${key} known`));
  }
  assertEquals([stage.repairs.size, stage.counts], [0, { present: 2100 }]);
});

test("Repairs of keys that were read are few while a restore has all keys put back", async () => {
  const stage = await Stage.connected();
  const copies = { main: stage.main.backend, backup: stage.copy.backend };
  const read = (key: string, restored: boolean) => {
    const request = new Request().make(FETCH, toBytes(key), 0, key.length);
    stage.repairs.repairRead(request, copies, { restored, valueBytes: 1 });
  };
  for (let at = 0; at < 20; at++) read(`k${at}`, true);
  assertEquals([stage.repairs.size, stage.counts], [4, { left: 16 }]);
  read("without", false);
  assertEquals(stage.repairs.size, 5);
  await stage.turn();
  await stage.answer(stage.main, "HD\r\n".repeat(5));
  assertEquals([stage.repairs.size, stage.counts], [0, { left: 16, present: 5 }]);
  read("again", true);
  assertEquals([stage.repairs.size, stage.counts], [1, { left: 16, present: 5 }]);
});
