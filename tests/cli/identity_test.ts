import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { type Identity, resolveIdentity } from "../../src/cli/identity.ts";
import { InvalidValue } from "../../src/config/invalid_value.ts";
import { FakeProcess } from "./fake_runtime.ts";

interface Case {
  readonly as: number;
  readonly user: string | null;
  readonly group: string | null;
  readonly gives: Identity | null | string;
}

const NOBODY = { userId: 65534, groupId: 65533, name: "nobody" };

const CASES: readonly Case[] = [
  { as: 0, user: null, group: null, gives: null },
  { as: 0, user: "root", group: null, gives: null },
  { as: 0, user: "0", group: "root", gives: null },
  { as: 0, user: "nobody", group: null, gives: NOBODY },
  { as: 0, user: "65534", group: null, gives: NOBODY },
  { as: 0, user: "nobody", group: "daemon", gives: { ...NOBODY, groupId: 1 } },
  { as: 0, user: null, group: "daemon", gives: { userId: 0, groupId: 1, name: "root" } },
  { as: 0, user: "12345", group: "6789", gives: { userId: 12345, groupId: 6789, name: "12345" } },
  {
    as: 0,
    user: "12345",
    group: null,
    gives: 'Cannot parse flag "-u": user without a name needs a group, give "-g" too: ' +
      'current value is "12345"',
  },
  {
    as: 0,
    user: "nobdy",
    group: null,
    gives: `Cannot parse flag "-u": user must be in the system's list: current value is "nobdy"`,
  },
  {
    as: 0,
    user: "4294967295",
    group: "daemon",
    gives:
      `Cannot parse flag "-u": user must be in the system's list: current value is "4294967295"`,
  },
  {
    as: 0,
    user: "nobody",
    group: "nogrp",
    gives: `Cannot parse flag "-g": group must be in the system's list: current value is "nogrp"`,
  },
  { as: 1000, user: "alice", group: null, gives: null },
  { as: 1000, user: "1000", group: "alice", gives: null },
  { as: 1000, user: null, group: "alice", gives: null },
  {
    as: 1000,
    user: "root",
    group: null,
    gives: 'Cannot use "-u root": only root may become another user or group, ' +
      'this is user "alice"',
  },
  {
    as: 1000,
    user: "alice",
    group: "daemon",
    gives: 'Cannot use "-u alice -g daemon": only root may become another user or group, ' +
      'this is user "alice"',
  },
  {
    as: 4242,
    user: null,
    group: "daemon",
    gives: 'Cannot use "-g daemon": only root may become another user or group, ' +
      'this is user "4242"',
  },
];

for (const { as, user, group, gives } of CASES) {
  test(`resolveIdentity as ${as} with user ${user} and group ${group}`, () => {
    const process = new FakeProcess();
    process.currentUserId = as;
    if (typeof gives !== "string") {
      assertEquals(resolveIdentity({ user, group }, process), gives);
      return;
    }
    const error = assertThrows(() => resolveIdentity({ user, group }, process), InvalidValue);
    assertEquals(error.message, gives);
  });
}

test("resolveIdentity refuses where there are no users", () => {
  const process = new FakeProcess();
  process.unixLike = false;
  const error = assertThrows(
    () => resolveIdentity({ user: "root", group: null }, process),
    InvalidValue,
  );
  assertEquals(
    error.message,
    'Cannot use "-u" or "-g": this system has no users to change to',
  );
});
