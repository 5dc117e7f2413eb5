import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { readDump } from "../../src/recovery/dump_reader.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeNetwork } from "../support/fake_network.ts";
import { settled } from "../support/settled.ts";

/** A dump whose reader takes so long for a key. */
async function reading(keyMs: number) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  network.welcome = "silent";
  const state = { keys: 0, end: "", stopped: false };
  const options = {
    clock,
    signal: new AbortController().signal,
    each: () => {
      state.keys++;
      clock.advance(keyMs);
    },
    stopped: () => state.stopped,
    part: "hash",
  };
  const address = { transport: "tcp", hostname: "192.0.2.9", port: 11211 } as const;
  void readDump(network, address, options).then((end) => state.end = end);
  await settled();
  return { clock, state, socket: network.last };
}

const LINE = "key=k exp=-1 la=5 cas=1 fetch=no cls=7 size=70\n";

test("readDump gives clients their turn when it has worked for a while", async () => {
  const { clock, state, socket } = await reading(0.5);
  socket.receive(LINE);
  socket.receive(LINE);
  socket.receive(LINE);
  await settled();
  assertEquals(state.keys, 2);
  clock.advance(3);
  await settled();
  assertEquals(state.keys, 2);
  clock.advance(1);
  await settled();
  assertEquals(state.keys, 3);
  socket.receive("END\r\n");
  await settled();
  assertEquals([state.end, socket.isClosed], ["complete", true]);
});

test("readDump gives clients their turn in the middle of a chunk, too", async () => {
  const { clock, state, socket } = await reading(1);
  socket.receive(LINE.repeat(600));
  const turns: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    await settled();
    turns.push(state.keys);
    clock.advance(4);
  }
  assertEquals(turns, [256, 512, 600, 600]);
});

test("readDump does not pause for work that takes no time", async () => {
  const { state, socket } = await reading(0);
  for (let chunk = 0; chunk < 10; chunk++) socket.receive(LINE + LINE);
  socket.receive("END\r\n");
  await settled();
  assertEquals([state.keys, state.end], [20, "complete"]);
});

test("readDump reads lines that are cut anywhere", async () => {
  const text = LINE + LINE + "END\r\n";
  for (let cut = 1; cut < text.length; cut++) {
    const { state, socket } = await reading(0);
    socket.receive(text.slice(0, cut));
    await settled();
    socket.receive(text.slice(cut));
    await settled();
    assertEquals([state.keys, state.end], [2, "complete"]);
  }
});

test("readDump ends when nobody wants the rest", async () => {
  const { state, socket } = await reading(0);
  socket.receive(LINE);
  await settled();
  state.stopped = true;
  assertEquals([state.keys, state.end], [1, ""]);
  socket.receive(LINE);
  await settled();
  assertEquals([state.keys, state.end, socket.isClosed], [1, "lost", true]);
});
