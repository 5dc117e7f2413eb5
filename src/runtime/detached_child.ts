/**
 * A child that lives on in the background after this process has ended.
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { DetachedChild } from "./runtime.ts";

/** A first line is a message for a person; more than this is not one. */
const LINE_LIMIT = 64 * 1024;

/**
 * Starts a program in a session of its own. Its standard output is a pipe to us, so that it
 * can say how its start went; the others are the null device.
 */
export function spawnDetached(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
): DetachedChild {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...environment },
  });
  const exited = exitOf(child);
  const line = readLine(child);
  return {
    pid: child.pid ?? -1,
    firstLine: () => line,
    get exited() {
      // Whoever waits for its end must not end first.
      child.ref();
      return exited;
    },
  };
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on("error", () => resolve(1));
    child.on("exit", (status) => resolve(status ?? 1));
  });
}

/** Reads the first line; then lets go of the child, so that we can end before it does. */
function readLine(child: ChildProcess): Promise<string | null> {
  const output = child.stdout!;
  let text = "";
  return new Promise((resolve) => {
    const finish = (line: string | null) => {
      if (line !== null) child.unref();
      output.destroy();
      resolve(line);
    };
    output.setEncoding("utf8");
    output.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end >= 0) return finish(text.slice(0, end));
      if (text.length > LINE_LIMIT) finish(text);
    });
    output.on("end", () => finish(text === "" ? null : text));
    child.on("error", () => finish(null));
  });
}
