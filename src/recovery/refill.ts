/**
 * Puts one key back that was deleted on a server because it missed a change there.
 *
 *   copy:   mg k v f t c         the value, its flags, its time left, its cas number
 *   server: ms k c ME …          added: refused if anything has been written there since
 *   copy:   mg k f t c           the same cas number: the server holds what the copy holds
 *                                another one: md k C<cas of what was added>, and once more
 *
 * Owned by: Refills, in whose turn it runs.
 */

import { MD_DECIDED, REFILL } from "../message/command.ts";
import { exptimeOf } from "../message/exptime_of.ts";
import { type Reply, ReplyStatus } from "../message/reply.ts";
import { CallbackSink } from "../route/callback_sink.ts";
import type { Copies, Destination } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import { askKey, bytesOf, casOf, lookAt, lookWithoutValue, ownRequest } from "./ask_key.ts";
import type { LeftKey } from "./second_looks.ts";
import { sendValue } from "./send_value.ts";
import type { ValueRoom } from "./value_room.ts";

/** Times that a key is tried while it keeps changing at its copy. */
const ROUNDS_MAX = 3;

/** A key on its way, and the room for its value. */
export interface RefilledKey {
  readonly name: string;
  readonly room: ValueRoom;
}

/**
 * How one key came out. `unknown`: the copy could not be asked. `refused`: one of the
 * servers cannot do it, now or later. `lost`: the server may hold what was added.
 * `no room`: its value was dropped.
 */
export type Outcome =
  | "refilled"
  | "absent"
  | "overtaken"
  | "unknown"
  | "refused"
  | "lost"
  | "no room";

/** What the refill of a key asks about the world. */
export interface RefillTerms {
  readonly clock: Clock;
  readonly unixTime: () => number;
  /** The server and the one to copy from, where that may be asked. */
  readonly copiesOf: (key: Uint8Array) => Copies | null;
  /** Keys are being put back on the server in another way. */
  readonly beingRestored: (server: Destination) => boolean;
  /** Every server is being flushed. */
  readonly flushing: () => boolean;
  /** Grows when what was read of copies before must not be put back any more. */
  readonly epoch: () => number;
  /** Told how a key was left. */
  readonly left: (left: LeftKey) => void;
}

/** Puts a key back of which nothing else is under way through us. */
export async function refill(key: RefilledKey, terms: RefillTerms): Promise<Outcome> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const outcome = await refillOnce(key, terms);
    if (outcome !== "again") return outcome;
  }
  return "unknown";
}

async function refillOnce(
  { name, room }: RefilledKey,
  terms: RefillTerms,
): Promise<Outcome | "again"> {
  const key = bytesOf(name);
  const copies = terms.copiesOf(key);
  if (copies === null) return "unknown";
  const { main: server, backup: copy } = copies;
  // Its restore puts the key back; two ways at a time would get into each other's. And a
  // flush has passed the server, perhaps, and not the copy.
  if (terms.beingRestored(server) || terms.flushing()) return "unknown";
  if (!server.speaksMeta || !copy.speaksMeta) return "refused";
  const before = { all: terms.epoch(), copy: copy.epoch, server: server.epoch };
  const askedS = terms.unixTime();
  const { clock } = terms;
  const found = await lookAt(copy, key, { room, clock });
  if (found === null) return "no room";
  if (found.status === ReplyStatus.Failed || terms.copiesOf(key) === null) return "unknown";
  // Somebody may be about to fill a placeholder of before.
  if (found.taken && copy.phase !== "serving") return "unknown";
  if (found.status === ReplyStatus.Miss) terms.left({ key: name, atCopy: "", atServer: "" });
  if (!isLasting(found)) return "absent";
  const exptime = exptimeOf(found.ttl < 0 ? found.ttl : found.ttl - 1, terms.unixTime());
  // Numbers begin anew in another process: an old one could fit by accident.
  const isSameProcess = () => server.epoch === before.server;
  const added = await add(server, { key, found, exptime, clock, mayEnd: isSameProcess });
  if (added.status === ReplyStatus.Failed) return "lost";
  if (added.status === ReplyStatus.NotStored) return "overtaken";
  if (added.status !== ReplyStatus.Stored) return "refused";
  const now = await lookWithoutValue(copy, key);
  if (!isSameProcess()) return "lost";
  const known = copy.epoch === before.copy && terms.epoch() === before.all &&
    terms.copiesOf(key) !== null;
  if (known && isSame(now, found, terms.unixTime() - askedS)) {
    terms.left({ key: name, atCopy: casOf(found), atServer: casOf(added) });
    return "refilled";
  }
  const undo = ownRequest(MD_DECIDED, key);
  undo.cas = casOf(added);
  return undone(await askKey(server, undo)) ?? (known ? "again" : "unknown");
}

/** What is added, with one second less than is left: never longer than it was. */
interface Addition {
  readonly key: Uint8Array;
  readonly found: Reply;
  readonly exptime: number;
  readonly clock: Clock;
  readonly mayEnd: () => boolean;
}

function add(
  server: Destination,
  { key, found, exptime, clock, mayEnd }: Addition,
): Promise<Reply> {
  const addition = ownRequest(REFILL, key);
  const { flags, bytes, valueStart, valueEnd } = found;
  Object.assign(addition, { flags, exptime, valueBytes: bytes, valueStart, valueEnd });
  return new Promise((resolve) => {
    const sink = new CallbackSink((reply) => resolve(reply.retain()));
    sendValue(server, addition, { clock, sink, mayEnd });
  });
}

/** What it means that an addition was not undone; null when it was. */
function undone(reply: Reply | null): Outcome | null {
  switch (reply?.status) {
    case ReplyStatus.Stored:
    case ReplyStatus.NotFound:
      return null;
    case ReplyStatus.Exists:
      return "overtaken";
    default:
      return "lost";
  }
}

/** A value that somebody may read for a while yet. */
function isLasting(reply: Reply): boolean {
  const over = reply.ttl >= 0 && reply.ttl <= 1;
  return reply.status === ReplyStatus.Hit && !reply.stale && !reply.taken && !over;
}

/** Nothing has happened to it but that so many seconds went by; a touch leaves the cas number alone. */
function isSame(now: Reply, before: Reply, seconds: number): boolean {
  const lasts = before.ttl < 0
    ? now.ttl < 0
    : before.ttl - now.ttl <= 1 + seconds && now.ttl <= before.ttl;
  return now.status === ReplyStatus.Hit && lasts && casOf(now) === casOf(before);
}
