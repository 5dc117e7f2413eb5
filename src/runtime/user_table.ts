/**
 * Users and groups of the system, from `/etc/passwd` and `/etc/group`.
 */

import { readFileSync } from "node:fs";

/** A user to become. */
export interface UserIdentity {
  userId: number;
  groupId: number;
  name: string;
}

/**
 * Looks up a user by name or number; null when unknown. A number that is not in the table is
 * a user all the same (containers have such), whose group has the same number.
 */
export function lookUpUser(nameOrId: string): UserIdentity | null {
  const row = find("/etc/passwd", nameOrId);
  if (row !== null) return { name: row[0], userId: Number(row[2]), groupId: Number(row[3]) };
  if (!isId(nameOrId)) return null;
  return { name: nameOrId, userId: Number(nameOrId), groupId: Number(nameOrId) };
}

/** Looks up a group by name or number; null when unknown. Every number is a group. */
export function lookUpGroup(nameOrId: string): number | null {
  if (isId(nameOrId)) return Number(nameOrId);
  const row = find("/etc/group", nameOrId);
  return row === null ? null : Number(row[2]);
}

/** The fields of the first line with this name, or this number. */
function find(path: string, nameOrId: string): string[] | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  const rows = text.split("\n").map((line) => line.split(":")).filter((row) => row.length > 3);
  // A name of digits only is a number, unless somebody really is called so.
  return rows.find((row) => row[0] === nameOrId) ?? rows.find((row) => row[2] === nameOrId) ??
    null;
}

function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}
