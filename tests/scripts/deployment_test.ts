/**
 * The files for containers, Kubernetes and systemd: well formed, and what they run is run.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse, parseAllDocuments } from "yaml";
import { FLAG_TABLE } from "../../src/cli/flag_table.ts";
import { readCommandLine } from "../../src/cli/command_line.ts";
import { readFlags } from "../../src/cli/read_flags.ts";
import { VERSION } from "../../src/version.ts";
import { BareRoot, noBareRoot } from "../support/bare_root.ts";
import { Child } from "../support/child.ts";
import { MagentProcess } from "../support/magent_process.ts";
import { MemcachedProcess } from "../support/memcached_process.ts";
import { runtimePath } from "../support/runtime_path.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TIME_MS = 120_000;
/** The longest that each of the files may take to drain, ms. */
const DRAIN_MAX_MS = 10_000;

function text(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The instructions of the Dockerfile, with continued lines joined. */
function dockerfile(): { name: string; rest: string }[] {
  return text("scripts/Dockerfile").replaceAll("\\\n", " ").split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return { name, rest: rest.replaceAll(/ +/g, " ") };
    });
}

function instruction(name: string): string {
  return dockerfile().findLast((one) => one.name === name)?.rest ?? "";
}

/** Copies what the build stage copies, and runs what it runs, in this folder. */
function playBuildStage(folder: string): void {
  const stage = dockerfile();
  const end = stage.findLastIndex(({ name }) => name === "FROM");
  const env = { ...process.env, PATH: runtimePath(), TARGETARCH: process.arch };
  for (const { name, rest } of stage.slice(0, end)) {
    if (name === "COPY") {
      const words = rest.split(" ");
      const into = words.pop() ?? "";
      for (const word of words) {
        cpSync(join(ROOT, word), join(folder, into, into === "./" ? word : ""), {
          recursive: true,
        });
      }
    } else if (name === "RUN") {
      const { status, stdout, stderr } = spawnSync("sh", ["-c", rest], {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      assertEquals(status, 0, `${rest}\n${stdout}${stderr}`);
    }
  }
}

test("The Dockerfile pins what it builds from, and gives up root", () => {
  const { runtimes } = JSON.parse(text("package.json"));
  const lines = dockerfile();
  assertEquals(lines[0], { name: "ARG", rest: `BUN_VERSION=${runtimes.bun}` });
  const bases = lines.filter(({ name }) => name === "FROM").map(({ rest }) => rest);
  assertEquals(bases, [
    "--platform=$BUILDPLATFORM oven/bun:${BUN_VERSION}-debian AS build",
    "gcr.io/distroless/base-debian12:nonroot",
  ]);
  assertEquals(/^[1-9]\d*:[1-9]\d*$/.test(instruction("USER")), true);
  assertEquals(JSON.parse(instruction("ENTRYPOINT")), ["/magent"]);
});

const reason = process.platform === "linux" && process.arch === "x64"
  ? noBareRoot()
  : "the image is built for the machine of the test, Linux on x64";
if (reason !== null) console.log(`deployment_test.ts: skipped: ${reason}`);

test("The Dockerfile's build makes an executable that serves and checks itself as nobody", {
  timeout: TIME_MS,
  skip: reason ?? false,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "magent-image-"));
  try {
    playBuildStage(folder);
    using root = new BareRoot(join(folder, "magent"), { user: instruction("USER") });
    const run = async (words: readonly string[]) => {
      const [command, ...before] = root.command;
      const child = new Child(command, [...before, ...words]);
      return { status: await child.exit(20_000), output: child.output };
    };
    const help = await run(JSON.parse(instruction("CMD")));
    assertEquals(help.status, 0, help.output);
    await using memcached = await MemcachedProcess.start();
    await using proxy = await MagentProcess.start({
      mains: [memcached.server],
      command: root.command,
    });
    const [program, ...asked] = JSON.parse(/CMD (\[.*\])$/.exec(instruction("HEALTHCHECK"))![1]);
    assertEquals([program, asked[1]], ["/magent", "127.0.0.1:11211"]);
    const check = (port: number) => asked.with(1, `127.0.0.1:${port}`);
    const healthy = await run(check(proxy.port));
    assertEquals(healthy.status, 0, healthy.output);
    const status = readFileSync(`/proc/${proxy.pid}/status`, "utf8");
    assertEquals(/^Uid:\t(\d+)/m.exec(status)?.[1], instruction("USER").split(":")[0]);
    assertEquals(await proxy.end("SIGTERM"), 0);
    assertEquals((await run(check(proxy.port))).status, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What a proxy would make of these arguments; throws when it would not run. */
function configOf(args: readonly string[]) {
  const line = readCommandLine(args, () => "");
  if (line.kind !== "proxy") throw new Error(`no proxy: ${args.join(" ")}`);
  return line.config;
}

test("The compose file starts three memcacheds and two proxies that are told the same", () => {
  const { services } = parse(text("scripts/deploy/compose.yaml"), { merge: true });
  assertEquals(Object.keys(services), ["cache1", "cache2", "cache3", "proxy1", "proxy2"]);
  const { proxy1, proxy2 } = services;
  assertEquals(proxy1.command, proxy2.command);
  const config = configOf(proxy1.command);
  const servers = [...config.mains, ...config.backups].map(({ name }) => name);
  assertEquals(servers, ["cache1:11211", "cache2:11211", "cache3:11211"]);
  assertEquals([config.mains.length, config.listen?.port], [2, 11211]);
  for (const { ports, build, stop_grace_period, read_only } of [proxy1, proxy2]) {
    assertEquals(ports[0].endsWith(`:${config.listen?.port}`), true);
    assertStringIncludes(text(join("scripts/deploy", build.context, build.dockerfile)), "FROM ");
    assertEquals(parseInt(stop_grace_period) * 1000 > config.limits.drainMs, true);
    assertEquals(read_only, true);
  }
});

test("The Kubernetes file drains before it is killed, and checks itself", () => {
  const documents = parseAllDocuments(text("scripts/deploy/kubernetes.yaml"));
  for (const document of documents) {
    // deno-lint-ignore no-explicit-any -- what a file says is what the test finds out
    assertEquals((document as any).errors, []);
  }
  // deno-lint-ignore no-explicit-any
  const objects = documents.map((document) => (document as any).toJS());
  const kinds = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  assertEquals(kinds, [
    "Service memcached",
    "StatefulSet memcached",
    "Service magent",
    "Deployment magent",
    "PodDisruptionBudget magent",
  ]);
  const [names, memcached, service, deployment] = objects;
  assertEquals(memcached.spec.serviceName, names.metadata.name);
  const { template, selector, replicas } = deployment.spec;
  assertEquals([selector.matchLabels, replicas], [template.metadata.labels, 2]);
  assertEquals(service.spec.selector, template.metadata.labels);
  const [container] = template.spec.containers;
  assertEquals(container.image, `magent:${VERSION}`);
  const config = configOf(container.args);
  assertEquals(
    [...config.mains, ...config.backups].map(({ name }) => name),
    [0, 1, 2].map((at) => `memcached-${at}.memcached:11211`),
  );
  assertEquals(container.ports[0].containerPort, config.listen?.port);
  const pauseMs = container.lifecycle.preStop.sleep.seconds * 1000;
  const graceMs = template.spec.terminationGracePeriodSeconds * 1000;
  assertEquals(config.limits.drainMs <= DRAIN_MAX_MS, true);
  assertEquals(graceMs > pauseMs + config.limits.drainMs, true);
  const health = JSON.parse(/CMD (\[.*\])$/.exec(instruction("HEALTHCHECK"))![1]);
  assertEquals(container.readinessProbe.exec.command, health);
  assertEquals(`${template.spec.securityContext.runAsUser}`, instruction("USER").split(":")[0]);
});

/** The unit, by key; a key that comes twice keeps its last value. */
function unit(): ReadonlyMap<string, string> {
  const lines = text("scripts/deploy/magent.service").matchAll(/^(\w+)=(.*)$/gm);
  return new Map([...lines].map(([, key, value]) => [key, value]));
}

test("The systemd unit runs a command line that magent understands", () => {
  const flags = /^MAGENT_FLAGS="(.*)"$/m.exec(text("scripts/deploy/magent.env"))?.[1] ?? "";
  const [program, ...args] = (unit().get("ExecStart") ?? "").replace("$MAGENT_FLAGS", flags).split(
    " ",
  );
  assertEquals(program, "/usr/local/bin/magent");
  const config = configOf(args);
  const read = readFlags(args, FLAG_TABLE);
  assertEquals(read.given.has("foreground"), true, "systemd wants it in the foreground");
  assertEquals([config.mains.length, config.backups.length], [2, 1]);
  assertEquals(config.controlPath, `/run/${unit().get("RuntimeDirectory")}/control`);
  assertEquals(Number(unit().get("LimitNOFILE")) > 2 * config.limits.clients, true);
  assertEquals(Number(unit().get("TimeoutStopSec")) * 1000 > config.limits.drainMs, true);
});

test("systemd finds nothing wrong with the unit", { timeout: TIME_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), "magent-unit-"));
  try {
    // The program and its man page are not installed here.
    const here = text("scripts/deploy/magent.service")
      .replaceAll("/usr/local/bin/magent", "/bin/true")
      .replace(/^Documentation=.*\n/m, "");
    writeFileSync(join(folder, "magent.service"), here);
    const { error, status, stderr } = spawnSync("systemd-analyze", [
      "verify",
      join(folder, "magent.service"),
    ], { encoding: "utf8", timeout: TIME_MS });
    if (error !== undefined) {
      console.log("deployment_test.ts: skipped: systemd-analyze is not installed");
      return;
    }
    assertEquals([status, stderr], [0, ""]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
