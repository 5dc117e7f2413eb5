import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { noticeText, readNotice } from "../../src/recovery/notice.ts";
import { Peers } from "../../src/recovery/peers.ts";

test("A notice is read as it was written, names with blanks included", () => {
  const notice = { proxy: "p1", beat: 7, missed: ["127.0.0.1:11211", "unix:/a b"], lacking: [] };
  assertEquals(readNotice(noticeText(notice)), notice);
  const lacking = { ...notice, missed: ["a:1"], lacking: ["b:2", "unix:/?c d"] };
  assertEquals(readNotice(noticeText(lacking)), lacking);
  assertEquals(readNotice("nonsense"), null);
  assertEquals(readNotice("p x"), null);
});

test("A notice is understood by proxies that know of missed changes only, and theirs by us", () => {
  const text = noticeText({ proxy: "p1", beat: 7, missed: ["a:1"], lacking: ["b:2"] });
  assertEquals(text, "p1 7 a%3A1 ?b%3A2");
  assertEquals(readNotice("p1 7 a%3A1"), { proxy: "p1", beat: 7, missed: ["a:1"], lacking: [] });
});

test("Peers believe the newest notice of a proxy, wherever an older one is still found", () => {
  const peers = new Peers();
  peers.hear({ proxy: "p1", beat: 3, missed: ["s"], lacking: [] });
  assertEquals(peers.announcing("s").missed, ["p1"]);
  peers.hear({ proxy: "p1", beat: 4, missed: [], lacking: [] });
  peers.hear({ proxy: "p1", beat: 3, missed: ["s"], lacking: [] });
  assertEquals(peers.announcing("s").missed, []);
});

test("A peer whose notice changes no more is gone, and what it announced stays until settled", () => {
  const peers = new Peers();
  peers.hear({ proxy: "p1", beat: 1, missed: ["s", "t"], lacking: [] });
  for (let look = 0; look < 6; look++) peers.beaten();
  assertEquals(peers.live, 0);
  assertEquals(peers.announcing("s").missed, ["p1"]);
  assertEquals(peers.settle("p1", "s"), { proxy: "p1", beat: 2, missed: ["t"], lacking: [] });
  assertEquals(peers.announcing("s").missed, []);
  assertEquals(peers.gone.map(({ missed }) => missed), [["t"]]);
  peers.hear({ proxy: "p1", beat: 3, missed: ["s"], lacking: [] });
  assertEquals(peers.live, 1);
});

test("A peer that announced only that a server lacks keys is told apart, and settled, too", () => {
  const peers = new Peers();
  peers.hear({ proxy: "p1", beat: 1, missed: ["t"], lacking: ["s"] });
  assertEquals(peers.announcing("s"), { missed: [], lacking: ["p1"] });
  assertEquals(peers.announcing("t"), { missed: ["p1"], lacking: [] });
  assertEquals(peers.settle("p1", "s"), { proxy: "p1", beat: 2, missed: ["t"], lacking: [] });
  assertEquals(peers.announcing("s"), { missed: [], lacking: [] });
});

test("Peers have nothing to settle for a proxy that is forgotten, because too many others are gone", () => {
  const peers = new Peers();
  for (let proxy = 0; proxy <= 64; proxy++) {
    peers.hear({ proxy: `p${proxy}`, beat: 1, missed: [], lacking: [] });
  }
  for (let look = 0; look < 6; look++) peers.beaten();
  assertEquals(peers.gone.map(({ proxy }) => proxy).includes("p0"), false);
  assertEquals(peers.settle("p0", "s"), null);
  assertEquals(peers.settle("p1", "s")?.beat, 2);
});
