/**
 * A Deno lint plugin: keeps the rooms of `src` apart.
 *
 *   rooms/imports    a room imports only the rooms of its line in `ROOMS`
 *   rooms/packages   `node:` only in `src/runtime`, `@std/cli` only in `src/cli`, nothing else
 *   rooms/globals    `Deno` and `Bun` only in `src/runtime`
 *
 * Tests and scripts are outside `src` and free.
 */

/**
 * Who may import whom. A key is a folder of `src` or a file directly in it; a value with a
 * slash opens that one file of another room and not the rest.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  message: [],
  hash: [],
  config: [],
  stats: [],
  runtime: [],
  log: [],
  "version.ts": [],
  protocol: ["message"],
  route: ["message", "hash", "config", "stats", "runtime/clock.ts"],
  backend: [
    "message",
    "hash",
    "protocol",
    "route/route.ts",
    "route/callback_sink.ts",
    "runtime",
    "stats",
    "log",
  ],
  recovery: ["message", "hash", "protocol", "route", "backend", "runtime", "stats", "log"],
  client: ["message", "protocol", "route/route.ts", "runtime", "stats", "log", "version.ts"],
  embedded: ["message", "protocol", "runtime"],
  admin: ["config", "runtime", "stats", "log"],
  "compose_routes.ts": [
    "hash",
    "config",
    "log",
    "runtime",
    "route",
    "backend",
    "recovery",
  ],
  workers: [
    "client/client_count.ts",
    "config",
    "log",
    "recovery/shared_servers.ts",
    "runtime",
    "stats",
  ],
  "proxy.ts": [
    "message",
    "config",
    "stats",
    "runtime",
    "log",
    "version.ts",
    "protocol",
    "route",
    "backend",
    "recovery",
    "client",
    "compose_routes.ts",
    "workers",
    "embedded",
    "admin",
  ],
  "worker.ts": ["client", "log", "proxy.ts", "recovery", "runtime", "workers"],
  cli: ["hash", "config", "log", "protocol", "proxy.ts", "runtime", "embedded", "version.ts"],
};

/** Where each kind of package may be imported; what matches no line is not allowed in `src`. */
const PACKAGE_ROOMS: readonly { readonly prefix: string; readonly room: string }[] = [
  { prefix: "node:", room: "runtime" },
  { prefix: "@std/cli", room: "cli" },
];

const RUNTIME_GLOBALS: readonly string[] = ["Deno", "Bun"];

/** A file of `src`: its path inside `src`, and the room it belongs to. */
interface Place {
  readonly path: string;
  readonly room: string;
}

/** Finds the room of a file; null when it is outside `src`. */
function placeOf(filename: string): Place | null {
  const parts = filename.replaceAll("\\", "/").split("/");
  const source = parts.lastIndexOf("src");
  if (source < 0 || source === parts.length - 1) return null;
  const inside = parts.slice(source + 1);
  return { path: inside.join("/"), room: inside[0] };
}

/** Resolves a relative specifier against the importing file; null when it leaves `src`. */
function resolvePath(from: string, specifier: string): string | null {
  const parts = from.split("/").slice(0, -1);
  for (const step of specifier.split("/")) {
    if (step === ".") continue;
    if (step !== "..") {
      parts.push(step);
      continue;
    }
    if (parts.pop() === undefined) return null;
  }
  return parts.join("/");
}

/** Says what is wrong with a relative import; null when it is allowed. */
function judgeRelative(place: Place, specifier: string): string | null {
  const target = resolvePath(place.path, specifier);
  if (target === null) {
    return `src imports nothing outside itself: current import is "${specifier}"`;
  }
  const room = target.split("/")[0];
  if (room === place.room) return null;
  const allowed = ROOMS[place.room];
  if (allowed === undefined) return `"${place.room}" is not in the table of rooms`;
  if (allowed.includes(room) || allowed.includes(target)) return null;
  return `"${place.room}" may not import "${target}"`;
}

/** Says what is wrong with the import of a package; null when it is allowed. */
function judgePackage(place: Place, specifier: string): string | null {
  const line = PACKAGE_ROOMS.find(({ prefix }) => specifier.startsWith(prefix));
  if (line === undefined) return `src imports no packages: current import is "${specifier}"`;
  if (line.room === place.room) return null;
  return `"${specifier}" is imported in src/${line.room} only`;
}

/** Visits every way to name another module. */
function importVisitor(
  context: Deno.lint.RuleContext,
  judge: (place: Place, specifier: string) => string | null,
): Deno.lint.LintVisitor {
  const place = placeOf(context.filename);
  if (place === null) return {};
  function check(node: Deno.lint.Node, source: Deno.lint.Node | null): void {
    if (place === null || source === null) return;
    if (source.type !== "Literal" || typeof source.value !== "string") return;
    const message = judge(place, source.value);
    if (message !== null) context.report({ node, message });
  }
  return {
    ImportDeclaration: (node) => check(node, node.source),
    ExportNamedDeclaration: (node) => check(node, node.source),
    ExportAllDeclaration: (node) => check(node, node.source),
    ImportExpression: (node) => check(node, node.source),
  };
}

const isRelative = (specifier: string) => specifier.startsWith(".");

const importsRule: Deno.lint.Rule = {
  create: (context) =>
    importVisitor(
      context,
      (place, specifier) => isRelative(specifier) ? judgeRelative(place, specifier) : null,
    ),
};

const packagesRule: Deno.lint.Rule = {
  create: (context) =>
    importVisitor(
      context,
      (place, specifier) => isRelative(specifier) ? null : judgePackage(place, specifier),
    ),
};

const globalsRule: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    if (place === null || place.room === "runtime") return {};
    return {
      Identifier(node) {
        if (!RUNTIME_GLOBALS.includes(node.name)) return;
        context.report({ node, message: `"${node.name}" is named in src/runtime only` });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "rooms",
  rules: { imports: importsRule, packages: packagesRule, globals: globalsRule },
};

export default plugin;
