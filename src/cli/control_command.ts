/**
 * `magent ctl --control PATH COMMAND`: asks a running proxy one question.
 */

import { InvalidValue } from "../config/invalid_value.ts";
import { parseUnixPath } from "../config/parse_unix_path.ts";
import type { Runtime, Socket } from "../runtime/runtime.ts";
import type { FlagGroup } from "./flag.ts";
import { applyFlags, readFlags } from "./read_flags.ts";

/** How long a running proxy may take to accept, and then to answer, ms. */
const ANSWER_TIMEOUT_MS = 10_000;

interface ControlRequest {
  path: string | null;
}

const CONTROL_FLAGS: readonly FlagGroup<ControlRequest>[] = [{
  heading: "Flags",
  flags: [{
    names: ["control"],
    value: "PATH",
    help: "control socket of the proxy",
    set: (request, value) => request.path = parseUnixPath(value),
  }],
}];

/** Sends one line, prints the answer, and returns the exit status; throws `InvalidValue`. */
export async function controlCommand(args: readonly string[], runtime: Runtime): Promise<number> {
  const read = readFlags(args, CONTROL_FLAGS);
  const request: ControlRequest = { path: null };
  applyFlags(request, read, CONTROL_FLAGS);
  const { path } = request;
  if (path === null) throw new InvalidValue('no control socket was named: give "--control PATH"');
  const line = read.positionals.join(" ");
  if (line.trim() === "") throw new InvalidValue('no command was given, for example "stats"');
  if (/[\r\n]/.test(line)) throw new InvalidValue("a command must be one line");
  try {
    const answer = await ask(runtime, path, line);
    runtime.process.print("stdout", answer);
    return /^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/.test(answer) ? 1 : 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    runtime.process.print("stderr", `Cannot ask "${path}": ${reason}\n`);
    return 1;
  }
}

async function ask(runtime: Runtime, path: string, line: string): Promise<string> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const socket = await runtime.connect({ transport: "unix", path }, signal);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    socket.close();
  }, ANSWER_TIMEOUT_MS);
  try {
    const writer = socket.writable.getWriter();
    await writer.write(new TextEncoder().encode(`${line}\nquit\n`));
    const answer = await readAll(socket);
    if (timedOut) throw new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`);
    return answer;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

async function readAll(socket: Socket): Promise<string> {
  const reader = socket.readable.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
  }
}
