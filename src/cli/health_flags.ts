/**
 * The flags of `Config.health`: how a server is found to be failing, and taken back.
 */

import type { Settings } from "../config/settings.ts";
import type { FlagGroup } from "./flag.ts";
import { healthFlag, HOUR_MS } from "./number_flag.ts";

/** Times are in ms. */
export const HEALTH_FLAGS: FlagGroup<Settings> = {
  heading: "Health of servers",
  flags: [
    healthFlag("connectTimeoutMs", {
      name: "connect-timeout",
      unit: "MS",
      min: 1,
      max: HOUR_MS,
      help: "for a connection to be open and checked",
    }),
    healthFlag("requestTimeoutMs", {
      name: "request-timeout",
      unit: "MS",
      min: 1,
      max: HOUR_MS,
      help: "longest silence of a server that owes a reply",
    }),
    healthFlag("failureLimit", {
      name: "failure-limit",
      unit: "N",
      min: 1,
      max: 1000,
      help: "failures in a row after which a server is ejected",
    }),
    healthFlag("probeMs", {
      name: "probe-interval",
      unit: "MS",
      min: 1,
      max: HOUR_MS,
      help: "first pause between probes of an ejected server",
    }),
    healthFlag("probeMaxMs", {
      name: "probe-interval-max",
      unit: "MS",
      min: 1,
      max: HOUR_MS,
      help: "longest pause between probes",
    }),
    healthFlag("flapLimit", {
      name: "flap-limit",
      unit: "N",
      min: 0,
      max: 1000,
      help: "ejections in a row from which a server must pass more probes; 0 is never",
    }),
    healthFlag("flapWindowMs", {
      name: "flap-window",
      unit: "MS",
      min: 1,
      max: HOUR_MS,
      help: "ejected this soon after its return, a server was ejected in a row",
    }),
  ],
};
