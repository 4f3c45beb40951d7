import assert from "node:assert/strict";
import type { Diagnostic } from "../../diagnostic.ts";
import * as sdk from "../sdk.ts";
import { SDK_NAMES } from "./_sdk_shim.ts";
import { admit, MAX_CODE_BYTES } from "./admit.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const DEFAULT = "\nexport default {};\n";

async function faultsOf(text: string | Uint8Array, file = "driver.js"): Promise<readonly Diagnostic[]> {
  const { value, diagnostics } = await admit(typeof text === "string" ? bytesOf(text) : text, file);
  assert.equal(value, undefined);
  for (const each of diagnostics) {
    assert.deepEqual([each.code, each.severity, each.file], ["DRV414", "error", file]);
    assert.ok(each.help !== undefined && each.help !== "");
  }
  return diagnostics;
}

const REFUSED: readonly [code: string, line: number, column: number, says: RegExp][] = [
  [`import fs from "node:fs";${DEFAULT}`, 1, 1, /imports 'node:fs', which is not allowed/],
  [`\n  import "fs";${DEFAULT}`, 2, 3, /imports 'fs', which is not allowed/],
  [`import net from "node:net";${DEFAULT}`, 1, 1, /imports 'node:net'/],
  [`import x from "./other.ts";${DEFAULT}`, 1, 1, /imports '\.\/other\.ts'/],
  [`import x from "npm:left-pad";${DEFAULT}`, 1, 1, /imports 'npm:left-pad'/],
  [`import x from "data:text/javascript,1";${DEFAULT}`, 1, 1, /imports 'data:/],
  [`import x from "node\\u003afs";${DEFAULT}`, 1, 1, /imports 'node:fs'/],
  [`import x from "./a.json" with { type: "json" };${DEFAULT}`, 1, 1, /with attributes/],
  [`import defer * as x from "node:path";${DEFAULT}`, 1, 1, /uses 'import defer'/],
  [`import source x from "node:path";${DEFAULT}`, 1, 1, /uses 'import source'/],
  [`const x = await import("node:path");${DEFAULT}`, 1, 17, /loads a module with import\(…\)/],
  [`const x = import.meta.url;${DEFAULT}`, 1, 11, /uses import\.meta/],
  [`export * from "node:path";${DEFAULT}`, 1, 1, /gives on what 'node:path' exports/],
  [`export { join } from "node:path";${DEFAULT}`, 1, 1, /gives on what 'node:path' exports/],
  [
    `import { Context } from "osiris/driver";${DEFAULT}`,
    1,
    1,
    /imports 'Context', which 'osiris\/driver' does not give/,
  ],
  [`import { "a b" as c } from "node:path";${DEFAULT}`, 1, 1, /more to it than names/],
  [`export const driver = {};`, 1, 1, /exports nothing by default/],
  [`const a = (1;\nconst b = "`, 1, 1, /not JavaScript that can be read/],
];

for (const [code, line, column, says] of REFUSED) {
  Deno.test(`admit refuses ${JSON.stringify(code.trim().split("\n")[0])} and says where`, async () => {
    const [first] = await faultsOf(code);
    assert.match(first!.message, says);
    if (!says.source.includes("can be read")) assert.deepEqual([first!.line, first!.column], [line, column]);
  });
}

Deno.test("admit says every import that is not allowed, and what to do", async () => {
  const faults = await faultsOf(`import "fs";\nimport path from "path";\nimport "node:vm";${DEFAULT}`);
  assert.deepEqual(faults.map(({ line }) => line), [1, 2, 3]);
  assert.match(faults[0]!.help!, /bundle the driver into one file/);
  assert.equal(faults[1]!.help, "write 'node:path'");
  assert.match(faults[2]!.help!, /may import node:assert, .*node:zlib/);
});

Deno.test("admit says where TypeScript is not well formed", async () => {
  const [fault] = await faultsOf("interface A { b: number }\nconst a: A = ;\nexport default a;", "driver.ts");
  assert.deepEqual([fault!.line, fault!.column], [2, 14]);
});

Deno.test("admit refuses more than 2 MB, and what is no text", async () => {
  const [large] = await faultsOf(new Uint8Array(MAX_CODE_BYTES + 1).fill(32));
  assert.match(large!.message, /has 2097153 bytes, and may have 2097152/);
  const [binary] = await faultsOf(new Uint8Array([0xff, 0xfe, 0x80]));
  assert.match(binary!.message, /not UTF-8/);
  assert.ok(
    (await admit(bytesOf(`export default {};${" ".repeat(MAX_CODE_BYTES - 18)}`), "driver.js")).value,
  );
});

Deno.test("admit takes the types out of TypeScript and keeps the lines", async () => {
  const text = `import { type Context, defineDriver, Row } from "osiris/driver";
import {
  join,
} from "node:path";

enum Size { small = 1 }
export default defineDriver<{ path: string }>({ read: (c: Context): any => join("a", c as never) });
const line = 8 satisfies number;
`;
  const { value, diagnostics } = await admit(bytesOf(text), "driver.ts");
  assert.deepEqual(diagnostics, []);
  assert.equal(value!.split("\n").findIndex((each) => each.includes("const line")), 7);
  assert.doesNotMatch(value!, /Context|Row|satisfies/);
});

Deno.test("admit lets Node's sockets in only where the spec asks for hosts", async () => {
  const code = bytesOf(`import net from "node:net"; import tls from "node:tls";${DEFAULT}`);
  assert.equal((await admit(code, "driver.js")).diagnostics.length, 2);
  assert.notEqual((await admit(code, "driver.js", { net: true })).value, undefined);
});

Deno.test("the names that admit knows of the SDK are those it exports", () => {
  assert.deepEqual(Object.keys(sdk).sort(), SDK_NAMES);
});
