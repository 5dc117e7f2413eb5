/**
 * `magent demo` and its tour, as a process and within this one.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DEMO_SUBCOMMAND } from "../../src/cli/demo_command.ts";
import type { Program } from "../../src/cli/subcommand.ts";
import type { Config } from "../../src/config/config.ts";
import { startProxy } from "../../src/proxy.ts";
import { type Runtime, SocketError } from "../../src/runtime/runtime.ts";
import { runtimeHere } from "../../src/runtime/runtime_here.ts";
import { VERSION } from "../../src/version.ts";
import { Child } from "../support/child.ts";
import { poll } from "../support/deadline.ts";
import { freePort } from "../support/free_port.ts";
import { magentCommand } from "../support/magent_process.ts";
import { TextClient } from "../support/text_client.ts";

const TIME_MS = 60_000;
const README = fileURLToPath(new URL("../../README.md", import.meta.url));

/** What was said, ports aside, and without the note on a port that was taken. */
function comparable(text: string): string {
  return text.replace(/^port 12000 is taken: .*\n/m, "").replaceAll(/:\d{4,5}\b/g, ":PORT").trim();
}

/** The output of the tour as the README has it. */
function tourInReadme(): string {
  const block = /<!-- tour -->\n+```text\n([\s\S]*?)```/.exec(readFileSync(README, "utf8"));
  if (block === null) throw new Error("the README has no tour");
  return block[1];
}

function startDemo(...args: string[]): Child {
  const [command, ...before] = magentCommand();
  return new Child(command, [...before, "demo", ...args]);
}

/** Within this process: what is printed is kept, keys are pressed by the test. */
async function demoHere(
  options: { adapt?: (config: Config) => Config; taken?: readonly number[] } = {},
): Promise<{
  program: Program;
  printed: () => string;
  press: (key: string) => void;
}> {
  const runtime = await runtimeHere();
  let printed = "";
  let pressed: (key: string) => void = () => {};
  const process = {
    ...runtime.process,
    print: (_stream: string, text: string) => void (printed += text),
    terminalColumns: () => null,
    onSignal: () => {},
    onKey: (handler: (key: string) => void) => {
      pressed = handler;
      return () => {};
    },
  };
  const listen: Runtime["listen"] = (address, accept) => {
    const taken = address.transport === "tcp" && options.taken?.includes(address.port);
    if (taken) return Promise.reject(new SocketError("in use", "Cannot listen: in use"));
    return runtime.listen(address, accept);
  };
  const adapt = options.adapt ?? ((config) => config);
  const program: Program = {
    runtime: { ...runtime, listen, process },
    startProxy: (config, given) => startProxy(adapt(config), given),
    version: VERSION,
  };
  return { program, printed: () => printed, press: (key) => pressed(key) };
}

test("the tour tells the story as the README has it", { timeout: TIME_MS }, async () => {
  const child = startDemo("--tour");
  const status = await child.exit(TIME_MS);
  assertEquals(comparable(child.output), comparable(tourInReadme()));
  assertEquals(status, 0);
});

test("the tour ends with a reason when a step shows something else", {
  timeout: TIME_MS,
}, async () => {
  const oneMain = (config: Config) => ({ ...config, mains: config.mains.slice(0, 1) });
  const { program, printed } = await demoHere({ adapt: oneMain });
  assertEquals(await DEMO_SUBCOMMAND.run(["--tour"], program), 1);
  const reason = "a main does not hold one of the two keys";
  assertMatch(printed(), new RegExp(`\nThe tour ended at step 2: ${reason}\n$`));
});

test("the tour notices reads that miss", { timeout: TIME_MS }, async () => {
  // The proxy takes the backup for a third main: what the killed mains held is gone.
  const noBackup = (config: Config) => ({ ...config, recover: "off" as const, backups: [] });
  const { program, printed } = await demoHere({ adapt: noBackup });
  // Copies that never come would be waited for; so they are made by hand.
  const played = Promise.resolve(DEMO_SUBCOMMAND.run(["--tour"], program));
  const port = await poll(
    () => /backup_1 +127\.0\.0\.1:(\d+)/.exec(printed())?.[1] ?? null,
    5000,
    "port",
  );
  await using backup = await TextClient.connect({ port: Number(port) });
  let copies = "set apple 0 0 5 noreply\r\ngreen\r\nset cherry 0 0 3 noreply\r\nred\r\n";
  for (let at = 1; at <= 1000; at++) copies += `set key:${at} 0 0 1 noreply\r\nx\r\n`;
  await backup.ask(`${copies}mn\r\n`, "MN\r\n");
  assertEquals(await played, 1);
  assertStringIncludes(printed(), "The tour ended at step 4: a key was not read\n");
});

test("a port that was asked for and is taken ends the demo", { timeout: TIME_MS }, async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  try {
    const address = other.address();
    const port = typeof address === "object" ? `${address?.port}` : "";
    const { program, printed } = await demoHere();
    assertEquals(await DEMO_SUBCOMMAND.run(["-p", port], program), 1);
    const place = `127.0.0.1:${port}`;
    assertEquals(printed(), `Cannot listen on "${place}": in use: name another port with "-p"\n`);
  } finally {
    other.close();
  }
});

test("a usual port that is taken sends the tour to another one, and it says so", {
  timeout: TIME_MS,
}, async () => {
  const oneMain = (config: Config) => ({ ...config, mains: config.mains.slice(0, 1) });
  const { program, printed } = await demoHere({ adapt: oneMain, taken: [12000, 12001, 12003] });
  await DEMO_SUBCOMMAND.run(["--tour"], program);
  const port = /^port 12000 is taken: (\d+) instead\n/.exec(printed())?.[1];
  assertStringIncludes(printed(), `\n  proxy     127.0.0.1:${port}\n`);
  assertMatch(printed(), /proxy< STORED\n/);
  assertEquals(/:1200[013]$/m.test(printed()), false);
});

test("the demo prints what to type, and it works", { timeout: TIME_MS }, async () => {
  const port = await freePort();
  const child = startDemo("-p", `${port}`);
  try {
    await poll(() => child.output.includes("Ctrl-C") || null, 20_000, "text of the demo");
    assertStringIncludes(child.output, `| nc 127.0.0.1 ${port}\n`);
    await using proxy = await TextClient.connect({ port });
    assertEquals(await proxy.set("apple", "green"), "STORED");
    const main = /^ {2}main_2 +127\.0\.0\.1:(\d+)$/m.exec(child.output)?.[1];
    await using server = await TextClient.connect({ port: Number(main) });
    assertEquals(await server.get("apple"), "green");
    child.signal("SIGTERM");
    assertEquals(await child.exit(), 0);
  } finally {
    await child.kill();
  }
});

test("keys kill a server of the demo and start it again, empty", { timeout: TIME_MS }, async () => {
  const { program, printed, press } = await demoHere();
  const port = await freePort();
  const ended = Promise.resolve(DEMO_SUBCOMMAND.run(["-p", `${port}`], program));
  await poll(() => printed().includes("Press 1, 2 or 3") || null, 5000, "text of the demo");
  await using proxy = await TextClient.connect({ port });
  assertEquals(await proxy.set("apple", "green"), "STORED");
  const main = Number(/main_2 +127\.0\.0\.1:(\d+)/.exec(printed())?.[1]);
  press("2");
  const refused = await TextClient.connect({ port: main }).then(() => false, () => true);
  assertEquals(refused, true);
  assertEquals(await proxy.get("apple"), "green");
  press("2");
  await poll(() => printed().includes("main_2 is started again, empty\n") || null, 5000, "start");
  const back = async () => {
    await using server = await TextClient.connect({ port: main });
    return await server.get("apple") === "green" || null;
  };
  await poll(back, 20_000, "restored key");
  press("q");
  assertEquals(await ended, 0);
});
