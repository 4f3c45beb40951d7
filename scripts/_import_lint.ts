/**
 * The import table and the absences of `docs/architecture.md`, as a plugin of `deno lint`.
 *
 * The rules are the data below; the rest of this file only looks up what a line imports or uses and
 * says which rule it breaks and how to mend it. Test files (`x_test.ts`) may import every front door
 * and use everything, but no other folder's private files; `tests/` and `scripts/` are free.
 *
 * @module
 */

import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What a place of `src/` may import besides its own files, npm packages and Node's modules. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  diagnostic: [],
  amounts: [],
  printable: [],
  json_schema: [],
  manifest: ["diagnostic", "json_schema", "schemas"],
  oml: ["diagnostic", "schemas"],
  component: ["diagnostic", "json_schema", "schemas"],
  connection: ["diagnostic", "json_schema", "schemas"],
  compile: ["oml", "component", "connection", "manifest", "diagnostic"],
  engine: ["diagnostic"],
  run: ["manifest", "component", "connection", "engine", "session", "state", "diagnostic"],
  session: ["manifest", "diagnostic", "schemas"],
  state: ["diagnostic"],
  hook: ["manifest", "session", "connection", "report", "diagnostic", "amounts"],
  report: ["session", "manifest", "diagnostic", "amounts", "printable", "schemas"],
  cli: [
    "hook",
    "diagnostic",
    "amounts",
    "printable",
    "manifest",
    "oml",
    "component",
    "connection",
    "compile",
    "engine",
    "run",
    "session",
    "state",
    "report",
  ],
};

/** A rule about packages: whose specifier starts so may be imported in these places only. */
interface PackageRule {
  readonly specifier: RegExp;
  readonly only: RegExp;
  readonly says: string;
  readonly mend: string;
}

const PACKAGES: readonly PackageRule[] = [
  {
    specifier: /^@duckdb\//,
    only: /^(?!src\/|plugins\/|main\.ts)|^src\/engine\//,
    says: "only src/engine knows DuckDB",
    mend: "ask the engine through src/engine/mod.ts",
  },
  {
    specifier: /^hono(?:\/|$)/,
    only: /^(?!src\/|plugins\/|main\.ts)|^src\/report\//,
    says: "only src/report makes pages",
    mend: "hand src/report the data, and let it make the page",
  },
  {
    specifier: /^playwright-core(?:\/|$)/,
    only: /^(?!src\/|plugins\/|main\.ts)/,
    says: "a browser is what tests drive",
    mend: "drive it from tests/_browser.ts",
  },
  {
    specifier: /^node:/,
    only: /^(?!src\/compile\/)/,
    says: "src/compile is pure: no clock, disk, environment or randomness",
    mend: "let the caller read what is needed and pass it in as data",
  },
];

/** A rule about what is used: a global or a member of one, as `a` or `a.b`. */
interface UseRule {
  readonly use: RegExp;
  readonly only: RegExp;
  readonly says: string;
  readonly mend: string;
}

/** Everything that is not part of the program itself. */
const OUTSIDE = "^(?!src/|plugins/|main\\.ts)";

const USES: readonly UseRule[] = [
  {
    use: /^console$|^(?:Deno|process)\.(?:stdout|stderr)$/,
    only: new RegExp(`${OUTSIDE}|^src/cli/|^src/component/isolation/child\\.ts$`),
    says: "only src/cli prints",
    mend: "return the text or record an event, and let a command print it",
  },
  {
    use: /^(?:Deno|process)\.(?:exit|exitCode)$/,
    only: new RegExp(`${OUTSIDE}|^main\\.ts$`),
    says: "only main.ts exits",
    mend: "throw an OsirisError; its category decides the exit code",
  },
  {
    use: /^(?:Deno|process)\.env$/,
    only: new RegExp(`${OUTSIDE}|^src/connection/|^src/component/isolation/_program\\.ts$`),
    says: "only src/connection reads the environment",
    mend: "export what is needed from src/connection/mod.ts and pass it in",
  },
  {
    use: /^Worker$/,
    only: new RegExp(`${OUTSIDE}|^src/component/(?:host\\.ts$|isolation/)`),
    says: "only src/component/host.ts and src/component/isolation create a Worker",
    mend: "start the driver through src/component/mod.ts",
  },
  {
    use: /^Deno\.(?:Command|dlopen)$/,
    only: new RegExp(`${OUTSIDE}|^src/(?:cli|engine)/|^src/component/isolation/`),
    says: "drivers are started by src/component/isolation, and nothing else starts programs or native code",
    mend: "start the driver through src/component/mod.ts",
  },
  {
    use: /^Deno\.(?:serve|listen|listenTls)$/,
    only: new RegExp(`${OUTSIDE}|^src/cli/`),
    says: "only src/cli opens a port",
    mend: "hand src/cli a request handler",
  },
  {
    use: /^(?:eval|Function)$/,
    only: new RegExp(OUTSIDE),
    says: "no text becomes code: the binary refuses it",
    mend: "interpret the data instead",
  },
  {
    use: /^(?:Deno|process|performance|fetch|Date|crypto|localStorage)$|^Math\.random$/,
    only: /^(?!src\/compile\/)/,
    says: "src/compile is pure: no clock, disk, environment or randomness",
    mend: "let the caller read what is needed and pass it in as data",
  },
];

/** What the program loads instead of its commands when it is started to host a driver. */
const DRIVER_HOST = "src/component/isolation/child.ts";

/** Folder names that say nothing about what is in them. */
const SHAPELESS = /(?:^|\/)(?:utils|common|core|shared|types|helpers)\//;

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

const plugin: Deno.lint.Plugin = {
  name: "osiris",
  rules: { architecture: { create: architecture } },
};
export default plugin;

function architecture(context: Deno.lint.RuleContext): Deno.lint.LintVisitor {
  const file = relative(root, context.filename).split(sep).join("/");
  const isTest = /_test\.tsx?$/.test(file);

  const report = (node: Deno.lint.Node, fault: Fault | undefined) => {
    if (fault !== undefined) context.report({ node, message: fault.message, hint: fault.mend });
  };
  const imports = (node: Deno.lint.Node, source: unknown) => {
    if (isLiteral(source)) report(node, judgeImport(file, isTest, source.value));
  };
  const uses = (node: Deno.lint.Node, name: string) => {
    if (!isTest) report(node, judgeUse(file, name));
  };

  return {
    Program: (node) => report(node, judgeFolder(file)),
    ImportDeclaration: (node) => imports(node, node.source),
    ExportNamedDeclaration: (node) => imports(node, node.source),
    ExportAllDeclaration: (node) => imports(node, node.source),
    ImportExpression: (node) => imports(node, node.source),
    TSImportType: (node) => {
      if (node.argument.type === "TSLiteralType") imports(node, node.argument.literal);
    },
    MemberExpression: (node) => {
      if (node.object.type !== "Identifier") return;
      if (["globalThis", "self"].includes(node.object.name)) return uses(node, memberName(node));
      uses(node, `${node.object.name}.${memberName(node)}`);
    },
    Identifier: (node) => {
      if (isReference(node)) uses(node, node.name);
    },
  };
}

interface Fault {
  readonly message: string;
  readonly mend: string;
}

/** What is wrong with importing `specifier` in `file` (a path from the root, with `/`). */
function judgeImport(file: string, isTest: boolean, specifier: string): Fault | undefined {
  if (specifier.startsWith(".")) return judgePath(file, isTest, specifier);
  if (isTest) return undefined;
  const broken = PACKAGES.find((rule) => rule.specifier.test(specifier) && !rule.only.test(file));
  return broken && fault(`import '${specifier}'`, file, broken);
}

function judgePath(file: string, isTest: boolean, specifier: string): Fault | undefined {
  const from = place(file);
  const target = relative(root, resolve(root, dirname(file), specifier)).split(sep).join("/");
  const to = place(target);
  if (from === undefined || from === to) return undefined;
  const attempt = `import '${specifier}'`;
  if (/(?:^|\/)_[^/]*$/.test(target)) {
    return fault(attempt, file, {
      says: "files that start with '_' are private to their folder",
      mend: `import the front door, src/${to}/mod.ts, and export there what others need`,
    });
  }
  if (file.startsWith("plugins/")) {
    return isTest || /^plugins\/[a-z_]+\/mod\.ts$/.test(target) ? undefined : fault(attempt, file, {
      says:
        "a plugin imports the SDK by its public name, its own files, its family's front door and npm packages",
      mend: "import 'osiris/driver'",
    });
  }
  if (to !== undefined && !isDoor(target) && !(from === "main" && target === DRIVER_HOST)) {
    return fault(attempt, file, {
      says: "other folders are entered by their front door",
      mend: `import '${to === from ? "" : `src/${to}/mod.ts`}' and export there what others need`,
    });
  }
  if (isTest) return undefined;
  if (from === "main") {
    return to === "cli" || target === DRIVER_HOST ? undefined : fault(attempt, file, {
      says: "main.ts imports src/cli, and what hosts a driver",
      mend: "move the line into a command of src/cli",
    });
  }
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) {
    return fault(attempt, file, {
      says: `the import table does not know '${from}'`,
      mend: "add its line to docs/architecture.md and to scripts/_import_lint.ts",
    });
  }
  if (allowed.includes(to ?? "")) return undefined;
  return fault(attempt, file, {
    says: `'${from}' may import ${allowed.length === 0 ? "nothing" : allowed.join(", ")}`,
    mend: "move the line to the folder that may, or pass the value in (docs/architecture.md)",
  });
}

/** What is wrong with using a global `name` in `file`. */
function judgeUse(file: string, name: string): Fault | undefined {
  const broken = USES.find((rule) => rule.use.test(name) && !rule.only.test(file));
  return broken && fault(`use '${name}'`, file, broken);
}

function judgeFolder(file: string): Fault | undefined {
  if (!/^(?:src|plugins|tests|scripts)\//.test(file) || !SHAPELESS.test(file)) return undefined;
  return fault("keep a file here", file, {
    says: "no folder is called utils, common, core, shared, types or helpers",
    mend: "put it beside its user as _name.ts",
  });
}

function fault(attempt: string, file: string, rule: { says: string; mend: string }): Fault {
  return { message: `Cannot ${attempt} in ${file}: ${rule.says}`, mend: rule.mend };
}

/** The noun of the table that a file belongs to; undefined where no rule applies. */
function place(file: string): string | undefined {
  if (file === "main.ts") return "main";
  if (file.startsWith("schemas/")) return "schemas";
  const plugin = /^plugins\/([^/]+)\//.exec(file)?.[1];
  if (plugin !== undefined) return `plugin ${plugin}`;
  return /^src\/([^/.]+)/.exec(file)?.[1];
}

/** Whether other folders may import this very file. */
function isDoor(file: string): boolean {
  return /^src\/(?:[^/]+\.ts|[^/]+\/mod\.ts)$|^schemas\//.test(file);
}

function isLiteral(node: unknown): node is { value: string } {
  return typeof (node as { value?: unknown } | null | undefined)?.value === "string";
}

function memberName(node: Deno.lint.MemberExpression): string {
  if (node.property.type === "Identifier" && !node.computed) return node.property.name;
  return isLiteral(node.property) ? node.property.value : "";
}

/** Whether an identifier stands for a value in scope, rather than naming a member, key, type or binding. */
function isReference(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as unknown as { type: string; [key: string]: unknown };
  switch (parent.type) {
    case "MemberExpression":
      return same(parent["object"], node) || (parent["computed"] === true && same(parent["property"], node));
    case "Property":
    case "PropertyDefinition":
    case "MethodDefinition":
      return parent["computed"] === true || same(parent["value"], node);
    default:
      return !/^(?:TS|Import|Export|Function|Class|LabeledStatement)/.test(parent.type);
  }
}

function same(a: unknown, b: Deno.lint.Identifier): boolean {
  const other = a as { type?: string; name?: string; range?: readonly number[] } | undefined;
  return other?.type === "Identifier" && other.name === b.name && other.range?.[0] === b.range[0];
}
