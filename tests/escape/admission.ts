/**
 * Code that is not to be loaded at all: each is a whole component of its own, and its run has to fail before anything
 * of it runs. `SECRET` stands for the path of a canary, `SECRET_JSON` and `SECRET_TS` for others.
 *
 * @module
 */

import type { At } from "./_arena.ts";
import type { Row } from "./_attempt.ts";
import type { End } from "./ends.ts";

interface Refused {
  readonly id: string;
  readonly row: Row;
  readonly driver: string;
}

const AFTER = `
import { defineDriver, emit } from "osiris/driver";
export default defineDriver({ read: () => emit({ got: "VARCHAR" }, async function* () { yield [{ got: String(await found()) }]; }) });
`;

function refused(row: Row, codes: Readonly<Record<string, string>>): Refused[] {
  return Object.entries(codes).map(([name, code]) => ({
    id: `${row} ${name}`,
    row,
    driver: `${code}\n${AFTER}`,
  }));
}

/** Imports that name a file: the host's rights would read it. */
const STATIC = refused("A2", {
  "a static import of JSON":
    `import data from "file://SECRET_JSON" with { type: "json" };\nconst found = () => data.canary;`,
  "a static import of text":
    `import data from "file://SECRET" with { type: "text" };\nconst found = () => data;`,
  "a static import of code": `import { canary } from "file://SECRET_TS";\nconst found = () => canary;`,
  "a static import by a relative path":
    `import data from "../../outside/canary.json" with { type: "json" };\nconst found = () => data.canary;`,
  "a static import of everything":
    `import * as data from "file://SECRET_TS";\nconst found = () => data.canary;`,
  "a static import for its effect": `import "file://SECRET_TS";\nconst found = () => 1;`,
  "an export of another's names": `export { canary } from "file://SECRET_TS";\nconst found = () => 1;`,
  "an export of everything": `export * from "file://SECRET_TS";\nconst found = () => 1;`,
  "an import of data: that imports":
    `import { canary } from "data:application/javascript,export{canary}from'file://SECRET_TS'";\nconst found = () => canary;`,
  "an import over http": `import x from "http://127.0.0.1:1/x.js";\nconst found = () => x;`,
  "an import of a package": `import x from "npm:left-pad";\nconst found = () => x;`,
  "an import of jsr": `import x from "jsr:@std/path";\nconst found = () => x;`,
  "an import of a bare name": `import x from "yaml";\nconst found = () => x;`,
  "an import of the program":
    `import { osSandbox } from "osiris/../../main.ts";\nconst found = () => osSandbox;`,
  "a literal import()":
    `const found = async () => (await import("file://SECRET_JSON", { with: { type: "json" } })).default.canary;`,
  "a literal import() of code": `const found = async () => (await import("file://SECRET_TS")).canary;`,
  "import source": `import source x from "file://SECRET_TS";\nconst found = () => x;`,
  "import defer": `import defer * as x from "file://SECRET_TS";\nconst found = () => x.canary;`,
  "import of bytes": `import data from "file://SECRET" with { type: "bytes" };\nconst found = () => data;`,
});

/** Imports whose name is worked out, and import() hidden from who reads the text. */
const COMPUTED = refused("A3", {
  "a computed import()":
    `const found = async () => (await import("file:" + "//SECRET_JSON", { with: { type: "json" } })).default.canary;`,
  "an import() with a comment": `const found = async () => (await import/**/("file://SECRET_TS")).canary;`,
  "an import() over lines": "const found = async () => (await import\n\n(\n`file://SECRET_TS`)).canary;",
  "an import() behind a regular expression":
    "const found = async () => { const a = 1, g = 1; const x = a / 1 /g; const r = /[/\"']/; return (await import('file://SECRET_TS')).canary; };",
  "an import() in a template": "const found = async () => `${(await import('file://SECRET_TS')).canary}`;",
  "an import() in a nested template":
    "const found = async () => `a${`b${(await import('file://SECRET_TS')).canary}`}`;",
  "an import() in a class":
    "class X { static y = import('file://SECRET_TS'); }\nconst found = async () => (await X.y).canary;",
  "an import() in a default value":
    "const found = async (x = import('file://SECRET_TS')) => (await x).canary;",
  "an import() with a byte order mark":
    "const found = async () => (await import\uFEFF('file://SECRET_TS')).canary;",
  "an import() with a line separator":
    "const found = async () => (await import\u2028('file://SECRET_TS')).canary;",
  "an import() after a division":
    "let i = 4; const found = async () => (i++ / 2, await import('file://SECRET_TS')).canary / 1;",
  "an import() after a closing brace":
    "{}/import('x')/1;\nconst found = async () => (await import('file://SECRET_TS')).canary;",
  "an import() after a keyword":
    "const found = async () => (await (void 0, typeof import('file://SECRET_TS'), import('file://SECRET_TS'))).canary;",
  "an import() in a source map":
    "//# sourceMappingURL=file://SECRET\nconst found = async () => (await import('file://SECRET_TS')).canary;",
  "an escaped import()": "const found = async () => (await im\\u0070ort('file://SECRET_TS')).canary;",
  "import.meta.resolve": "const found = () => import.meta.resolve('file://SECRET');",
  "import.meta.url": "const found = () => import.meta.url;",
  "import.meta, over lines": "const found = () => import\n.\nmeta.url;",
});

/** Node's modules that do more than compute. */
const NODE = [
  "fs",
  "fs/promises",
  "process",
  "child_process",
  "worker_threads",
  "vm",
  "module",
  "inspector",
  "v8",
  "os",
  "dgram",
  "cluster",
  "repl",
  "http",
  "https",
  "http2",
  "net",
  "tls",
  "dns",
  "sqlite",
  "wasi",
  "test",
  "readline",
  "tty",
  "trace_events",
  "diagnostics_channel",
  "perf_hooks",
  "console",
  "domain",
  "constants",
  "sys",
];
const MODULES = NODE.flatMap((name) =>
  refused("A14", {
    [`node:${name}`]: `import * as x from "node:${name}";\nconst found = () => Object.keys(x).length;`,
  })
).concat(refused("A14", {
  "fs without its prefix": `import * as x from "fs";\nconst found = () => Object.keys(x).length;`,
  "fs in upper case": `import * as x from "NODE:FS";\nconst found = () => Object.keys(x).length;`,
  "fs by an escape": `import * as x from "node:\\x66s";\nconst found = () => Object.keys(x).length;`,
  "fs with a fragment": `import * as x from "node:fs#x";\nconst found = () => Object.keys(x).length;`,
}));

const REFUSED: readonly Refused[] = [...STATIC, ...COMPUTED, ...MODULES];

/** The components, each of which has to be refused as code that is not admitted. */
export function refusedAt(at: At): End[] {
  return REFUSED.map(({ id, row, driver }) => ({
    id,
    row,
    driver: driver.replaceAll("SECRET_JSON", at.secretJson).replaceAll("SECRET_TS", at.secretTs)
      .replaceAll("SECRET", at.secret),
    module: "",
    read: "",
    ends: "fails",
    // What deceives the reader of the text is an error of syntax to the engine.
    codes: row === "A3" ? ["DRV414", "DRV405"] : ["DRV414"],
    timeout: "20s",
    together: 4,
  }));
}
