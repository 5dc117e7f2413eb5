import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { noticeText, readNotice } from "../../src/recovery/notice.ts";
import { Peers } from "../../src/recovery/peers.ts";

test("A notice is read as it was written, names with blanks included", () => {
  const notice = { proxy: "p1", beat: 7, missed: ["127.0.0.1:11211", "unix:/a b"] };
  assertEquals(readNotice(noticeText(notice)), notice);
  assertEquals(readNotice("nonsense"), null);
  assertEquals(readNotice("p x"), null);
});

test("Peers believe the newest notice of a proxy, wherever an older one is still found", () => {
  const peers = new Peers();
  peers.hear({ proxy: "p1", beat: 3, missed: ["s"] });
  assertEquals(peers.announcing("s"), ["p1"]);
  peers.hear({ proxy: "p1", beat: 4, missed: [] });
  peers.hear({ proxy: "p1", beat: 3, missed: ["s"] });
  assertEquals(peers.announcing("s"), []);
});

test("A peer whose notice changes no more is gone, and what it announced stays until settled", () => {
  const peers = new Peers();
  peers.hear({ proxy: "p1", beat: 1, missed: ["s", "t"] });
  for (let look = 0; look < 6; look++) peers.beaten();
  assertEquals(peers.live, 0);
  assertEquals(peers.announcing("s"), ["p1"]);
  assertEquals(peers.settle("p1", "s"), { proxy: "p1", beat: 2, missed: ["t"] });
  assertEquals(peers.announcing("s"), []);
  assertEquals(peers.gone.map(({ missed }) => missed), [["t"]]);
  peers.hear({ proxy: "p1", beat: 3, missed: ["s"] });
  assertEquals(peers.live, 1);
});
