import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Body, type BodyTaker } from "../../src/message/body.ts";
import { toBytes, toText } from "../support/latin1.ts";

function taker(): BodyTaker & { text: string; aborts: number } {
  return {
    text: "",
    aborts: 0,
    part(bytes, start, end) {
      this.text += toText(bytes, start, end);
    },
    abort() {
      this.aborts++;
    },
  };
}

function push(body: Body, text: string): void {
  body.push(toBytes(`<${text}>`), 1, 1 + text.length);
}

test("Body hands its parts to every taker that is attached", () => {
  const body = new Body(5);
  const [both, one] = [taker(), taker()];
  body.attach(both);
  body.attach(one);
  push(body, "ab");
  assertEquals([body.left, body.awaited], [3, 3]);
  body.detach(one);
  body.detach(one);
  push(body, "c\r\n");
  assertEquals([both.text, one.text, body.left], ["abc\r\n", "ab", 0]);
});

test("Body lets a taker leave while it is handed a part", () => {
  const body = new Body(4);
  const leaving = taker();
  leaving.part = () => body.detach(leaving);
  const staying = taker();
  body.attach(leaving);
  body.attach(staying);
  push(body, "ab");
  push(body, "\r\n");
  assertEquals(staying.text, "ab\r\n");
});

test("Body flows when everybody who held it has let go", () => {
  const body = new Body(4);
  let flowed = 0;
  body.hold();
  body.hold();
  body.whenFlowing(() => flowed++);
  body.release();
  assertEquals([body.held, flowed], [true, 0]);
  body.release();
  assertEquals([body.held, flowed], [false, 1]);
  body.hold();
  body.release();
  assertEquals(flowed, 1);
});

test("Body that is aborted tells its takers once, and those who come later at once", () => {
  const body = new Body(4);
  const [early, late] = [taker(), taker()];
  body.attach(early);
  body.abort();
  body.abort();
  body.attach(late);
  push(body, "ab");
  assertEquals([early.aborts, late.aborts, early.text, late.text], [1, 1, "", ""]);
});

test("Body of a client that sends no line end closes with one of its own", () => {
  const body = new Body(6, { closes: true });
  const all = taker();
  body.attach(all);
  assertEquals([body.left, body.awaited], [6, 4]);
  push(body, "abc");
  assertEquals([all.text, body.awaited], ["abc", 1]);
  push(body, "d");
  assertEquals([all.text, body.left, body.awaited], ["abcd\r\n", 0, 0]);
});
