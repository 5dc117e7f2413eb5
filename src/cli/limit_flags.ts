/**
 * The flags of `Config.limits`: everything has a limit, and every limit a flag.
 */

import type { Settings } from "../config/settings.ts";
import type { FlagGroup } from "./flag.ts";
import { HOUR_MS, limitFlag } from "./number_flag.ts";

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Long names follow the fields of `Limits`. */
export const LIMIT_FLAGS: FlagGroup<Settings> = {
  heading: "Limits (a SIZE is in bytes and may end in k, m or g)",
  flags: [
    limitFlag("clients", {
      name: "max-clients",
      letter: "n",
      unit: "N",
      min: 1,
      max: 1_000_000,
      help: "client connections; one more is told so and closed",
    }),
    limitFlag("idleMs", {
      name: "idle-timeout",
      unit: "MS",
      min: 0,
      max: 24 * HOUR_MS,
      help: "close a client that sends nothing for this long; 0 is never",
    }),
    limitFlag("drainMs", {
      name: "drain-timeout",
      unit: "MS",
      min: 0,
      max: HOUR_MS,
      help: "how long TERM waits for requests in flight",
    }),
    limitFlag("lineBytes", {
      name: "line-bytes",
      unit: "SIZE",
      min: 512,
      max: MIB,
      help: "longest command line that is not a get",
    }),
    limitFlag("getLineBytes", {
      name: "get-line-bytes",
      unit: "SIZE",
      min: 2 * KIB,
      max: 64 * MIB,
      help: "longest get line",
    }),
    limitFlag("sessionRequests", {
      name: "session-requests",
      unit: "N",
      min: 1,
      max: 1_000_000,
      help: "requests of one client that may wait for their reply",
    }),
    limitFlag("replyBytes", {
      name: "reply-bytes",
      unit: "SIZE",
      min: 64 * KIB,
      max: 4 * GIB,
      help: "replies that may wait for one client before it is closed",
    }),
    limitFlag("bufferBytes", {
      name: "buffer-bytes",
      unit: "SIZE",
      min: MIB,
      max: 1024 * GIB,
      help: "requests and replies held for all clients together",
    }),
    limitFlag("connectionRequests", {
      name: "connection-requests",
      unit: "N",
      min: 1,
      max: 10_000_000,
      help: "requests that may wait on one server connection",
    }),
    limitFlag("connectionBytes", {
      name: "connection-bytes",
      unit: "SIZE",
      min: 64 * KIB,
      max: 4 * GIB,
      help: "bytes that may wait to be sent on one server connection",
    }),
    limitFlag("streamBytes", {
      name: "stream-bytes",
      unit: "SIZE",
      min: KIB,
      max: GIB,
      help: "longer values pass through in parts, on a connection of their own",
    }),
    limitFlag("restoreSpoolBytes", {
      name: "restore-spool-bytes",
      unit: "SIZE",
      min: 64 * KIB,
      max: 64 * GIB,
      help: "names of keys that wait to be put back on a server; others wait for a read",
    }),
    limitFlag("restoreBytes", {
      name: "restore-bytes",
      unit: "SIZE",
      min: 64 * KIB,
      max: 64 * GIB,
      help: "long values held while they are put back; one of up to twice this goes alone",
    }),
  ],
};
