import { assertEquals } from "@std/assert";
import { test } from "node:test";
import process from "node:process";
import plugin, { ROOMS } from "../../scripts/lint_rooms.ts";

const reason = "Bun has no Deno.lint.runPlugin";
const skip = process.versions.bun === undefined ? false : reason;
if (skip !== false) console.log(`lint_rooms_test.ts: skipped: ${reason}`);

/** Lints a source as if it lay at this path, and gives back "rule: message" per finding. */
function lint(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, `/project/${path}`, source)
    .map(({ id, message }) => `${id}: ${message}`);
}

test("rooms/imports lets a room import what its line names", { skip }, () => {
  assertEquals(lint("src/route/pool.ts", 'import { a } from "../message/a.ts";'), []);
  assertEquals(lint("src/route/pool.ts", 'import { a } from "./route.ts";'), []);
  assertEquals(lint("src/proxy.ts", 'import { a } from "./backend/backend.ts";'), []);
  assertEquals(lint("src/cli/main.ts", 'import { startProxy } from "../proxy.ts";'), []);
});

test("rooms/imports refuses every other room", { skip }, () => {
  assertEquals(lint("src/route/pool.ts", 'import { a } from "../backend/backend.ts";'), [
    'rooms/imports: "route" may not import "backend/backend.ts"',
  ]);
  assertEquals(lint("src/message/a.ts", 'import type { a } from "../hash/b.ts";'), [
    'rooms/imports: "message" may not import "hash/b.ts"',
  ]);
  assertEquals(lint("src/route/pool.ts", 'import { VERSION } from "../version.ts";'), [
    'rooms/imports: "route" may not import "version.ts"',
  ]);
});

test("rooms/imports sees re-exports and dynamic imports", { skip }, () => {
  const refused = ['rooms/imports: "hash" may not import "log/log.ts"'];
  assertEquals(lint("src/hash/a.ts", 'export { Log } from "../log/log.ts";'), refused);
  assertEquals(lint("src/hash/a.ts", 'export * from "../log/log.ts";'), refused);
  assertEquals(lint("src/hash/a.ts", 'await import("../log/log.ts");'), refused);
});

test("rooms/imports opens one file of a room and not the rest", { skip }, () => {
  assertEquals(lint("src/client/session.ts", 'import { a } from "../route/route.ts";'), []);
  assertEquals(lint("src/client/session.ts", 'import { a } from "../route/pool.ts";'), [
    'rooms/imports: "client" may not import "route/pool.ts"',
  ]);
});

test("rooms/imports refuses a room without a line, and what lies outside src", { skip }, () => {
  assertEquals(lint("src/cellar/a.ts", 'import { a } from "../log/log.ts";'), [
    'rooms/imports: "cellar" is not in the table of rooms',
  ]);
  assertEquals(lint("src/hash/a.ts", 'import { a } from "../../tests/a.ts";'), [
    'rooms/imports: src imports nothing outside itself: current import is "../../tests/a.ts"',
  ]);
});

test("rooms/packages keeps node: to runtime and @std/cli to cli", { skip }, () => {
  assertEquals(lint("src/runtime/deno.ts", 'import process from "node:process";'), []);
  assertEquals(lint("src/cli/flags.ts", 'import { parseArgs } from "@std/cli";'), []);
  assertEquals(lint("src/hash/md5.ts", 'import { createHash } from "node:crypto";'), [
    'rooms/packages: "node:crypto" is imported in src/runtime only',
  ]);
  assertEquals(lint("src/config/a.ts", 'import { parseArgs } from "@std/cli";'), [
    'rooms/packages: "@std/cli" is imported in src/cli only',
  ]);
  assertEquals(lint("src/cli/a.ts", 'import { assert } from "@std/assert";'), [
    'rooms/packages: src imports no packages: current import is "@std/assert"',
  ]);
});

test("rooms/globals keeps Deno and Bun to runtime", { skip }, () => {
  assertEquals(lint("src/runtime/bun.ts", "Bun.listen({});"), []);
  assertEquals(lint("src/client/listener.ts", "Deno.listen({ port: 0 });"), [
    'rooms/globals: "Deno" is named in src/runtime only',
  ]);
  assertEquals(lint("src/client/listener.ts", "globalThis.Bun.version;"), [
    'rooms/globals: "Bun" is named in src/runtime only',
  ]);
});

test("rooms/* leave tests and scripts alone", { skip }, () => {
  assertEquals(lint("tests/a_test.ts", 'import { a } from "../src/hash/a.ts"; Deno.cwd();'), []);
});

test("ROOMS has no cycle", () => {
  const done = new Set<string>();
  function visit(room: string, path: readonly string[]): void {
    assertEquals(path.includes(room), false, `${[...path, room].join(" -> ")} is a cycle`);
    if (done.has(room)) return;
    for (const next of ROOMS[room]) {
      if (!next.includes("/")) visit(next, [...path, room]);
    }
    done.add(room);
  }
  for (const room of Object.keys(ROOMS)) visit(room, []);
  assertEquals(done.size, Object.keys(ROOMS).length);
});
