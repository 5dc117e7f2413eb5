import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { markerValue, readMarker } from "../../src/backend/identity.ts";
import { Marker } from "../../src/recovery/marker.ts";
import { FakeDestination, hitOf } from "../support/fake_destination.ts";

const GENERATIONS = 32767;
/** Seconds since 1970. */
const NOW_S = 1_800_000_000;

/** A marker whose random numbers give these generations, one after the other. */
function markerOf(drawn: readonly number[], taken: readonly number[] = []) {
  const server = new FakeDestination("server");
  const left = [...drawn];
  const marker = new Marker(server, {
    unixTime: () => NOW_S,
    random: () => (left.shift()! - 1) / GENERATIONS,
    isTaken: (generation) => taken.includes(generation),
  });
  return { server, marker };
}

test("Marker marks a server, or tells what it is marked with", () => {
  const { server, marker } = markerOf([5, 6]);
  const told: number[] = [];
  marker.add(false, (generation) => told.push(generation));
  assertEquals(server.received, ["add magent:gen 0 0 15\r\n5 1800000000 up\r\n"]);
  server.answer("STORED");
  marker.add(true, (generation) => told.push(generation));
  server.answer("NOT_STORED");
  server.answerWith(hitOf("77 up", { key: "magent:gen" }));
  assertEquals(told, [5, 77]);
});

test("Marker takes no generation that another server has, nor its last one again", () => {
  const { server, marker } = markerOf([5, 6, 6, 5, 8], [5]);
  marker.add(false, () => {});
  marker.add(true, () => {});
  assertEquals(server.received, [
    "add magent:gen 0 0 15\r\n6 1800000000 up\r\n",
    "add magent:gen 0 0 11\r\n8 restoring\r\n",
  ]);
});

test("Marker tells when whoever came first marked the server as one that is being restored", () => {
  const { server, marker } = markerOf([5]);
  const told: (readonly [number, boolean])[] = [];
  marker.add(false, (...marked) => told.push(marked));
  server.answer("NOT_STORED");
  server.answerWith(hitOf("77 restoring", { key: "magent:gen" }));
  assertEquals(told, [[77, true]]);
});

test("Marker tells since when a server is marked only while that is true of all its data", () => {
  const { server, marker } = markerOf([5, 6]);
  marker.add(false, () => {});
  marker.replace(true, () => {});
  marker.setWhole(6, true);
  marker.setWhole(6, false);
  assertEquals(server.received.map((text) => text.split("\r\n")[1]), [
    "5 1800000000 up",
    "6 restoring",
    "6 settling",
    "6 up",
  ]);
});

test("A marker is read as it was written, with the time and without it", () => {
  for (const text of ["5 up", "5 settling", "5 restoring", "77 1800000000 up"]) {
    assertEquals(markerValue(readMarker(text)!), text);
  }
  const marker = { generation: 77, restoring: false, settling: false, markedSeconds: NOW_S };
  assertEquals(readMarker("77 1800000000 up"), marker);
  for (const text of ["", "up", "5", "x up", "5 1800000000"]) assertEquals(readMarker(text), null);
});

test("Marker is set once more on a server without room, which has dropped the one of before", () => {
  const { server, marker } = markerOf([5]);
  const told: number[] = [];
  marker.replace(true, (generation) => told.push(generation));
  server.answer("SERVER_ERROR out of memory storing object");
  server.answer("STORED");
  assertEquals([told, server.received.length, new Set(server.received).size], [[5], 2, 1]);
  marker.setWhole(5, false);
  for (let time = 0; time < 2; time++) server.answer("SERVER_ERROR out of memory storing object");
  assertEquals([server.received.length, server.waiting.length], [4, 0]);
});
