/**
 * Who the proxy shall be after it has bound its addresses: `-u` and `-g`.
 */

import { InvalidValue } from "../config/invalid_value.ts";
import type { Settings } from "../config/settings.ts";
import type { ProcessFacilities } from "../runtime/runtime.ts";

/** A user and group to become. */
export interface Identity {
  readonly userId: number;
  readonly groupId: number;
  readonly name: string;
}

/** Largest id that is not the system's word for "nobody in particular". */
const ID_MAX = 0xffff_fffe;

/**
 * Finds whom to become; null is whoever we are already. Throws `InvalidValue` for an
 * unknown name, and when only root could become that one.
 */
export function resolveIdentity(
  settings: Pick<Settings, "user" | "group">,
  process: ProcessFacilities,
): Identity | null {
  if (settings.user === null && settings.group === null) return null;
  if (!process.unixLike) {
    throw new InvalidValue('Cannot use "-u" or "-g": this system has no users to change to');
  }
  const groupId = settings.group === null ? null : findGroup(settings.group, process);
  const own = ownIdentity(process);
  const wanted = settings.user === null
    ? { ...own, groupId: groupId ?? own.groupId }
    : findUser(settings.user, { groupId, process });
  if (wanted.userId === own.userId && wanted.groupId === own.groupId) return null;
  if (own.userId === 0) return wanted;
  const flags = [
    settings.user === null ? "" : `-u ${settings.user}`,
    settings.group === null ? "" : `-g ${settings.group}`,
  ].filter((flag) => flag !== "").join(" ");
  throw new InvalidValue(
    `Cannot use "${flags}": only root may become another user or group, ` +
      `this is user "${own.name}"`,
  );
}

function ownIdentity(process: ProcessFacilities): Identity {
  const userId = process.userId();
  return process.lookUpUser(String(userId)) ?? { userId, groupId: userId, name: String(userId) };
}

function findUser(
  user: string,
  options: { groupId: number | null; process: ProcessFacilities },
): Identity {
  const known = options.process.lookUpUser(user);
  if (known !== null) return { ...known, groupId: options.groupId ?? known.groupId };
  const userId = numericId(user);
  if (userId === null) {
    throw new InvalidValue(
      `Cannot parse flag "-u": user must be in the system's list: current value is "${user}"`,
    );
  }
  // Containers run as numbers without a name; such a user has no group of its own.
  if (options.groupId === null) {
    throw new InvalidValue(
      `Cannot parse flag "-u": user without a name needs a group, give "-g" too: ` +
        `current value is "${user}"`,
    );
  }
  return { userId, groupId: options.groupId, name: user };
}

function findGroup(group: string, process: ProcessFacilities): number {
  const groupId = process.lookUpGroup(group) ?? numericId(group);
  if (groupId !== null) return groupId;
  throw new InvalidValue(
    `Cannot parse flag "-g": group must be in the system's list: current value is "${group}"`,
  );
}

function numericId(text: string): number | null {
  if (!/^\d{1,10}$/.test(text) || Number(text) > ID_MAX) return null;
  return Number(text);
}
