import assert from "node:assert/strict";
import type { OsirisError } from "../diagnostic.ts";
import { expandPermissions, templateFields } from "./_permissions.ts";
import type { ComponentSpec } from "./spec.ts";

function expand(
  permissions: ComponentSpec["permissions"],
  config: Record<string, unknown>,
  connection: Record<string, unknown> | null = {},
) {
  return expandPermissions({ name: "a.b", permissions } as ComponentSpec, config, connection);
}

Deno.test("expandPermissions fills values in, once for each item of a list", () => {
  const permissions = {
    read: ["${config.paths}", "${config.path}.staged", "fixed.txt"],
    write: ["${config.path}"],
  };
  assert.deepEqual(expand(permissions, { path: "out/a", paths: ["b", "a"] }), {
    net: [],
    read: ["a", "b", "fixed.txt", "out/a.staged"],
    write: ["out/a"],
  });
});

Deno.test("expandPermissions grants nothing for a field that is not given", () => {
  const permissions = { read: ["${config.path}"], net: ["${connection.host}:${connection.port}"] };
  assert.deepEqual(expand(permissions, {}, { host: "db.local" }), { net: [], read: [], write: [] });
  assert.deepEqual(expand(permissions, {}, null).net, []);
});

Deno.test("expandPermissions never expands what stands in a value", () => {
  const permissions = { read: ["${config.a}/${config.b}"] };
  assert.deepEqual(expand(permissions, { a: "${config.b}", b: "x" }).read, ["${config.b}/x"]);
});

Deno.test("expandPermissions reads own fields only", () => {
  assert.deepEqual(expand({ read: ["${config.constructor}"] }, {}).read, []);
});

for (
  const host of [
    "db.local",
    "db.local:0",
    "db.local:70000",
    "db:80,evil:80",
    "a b:80",
    ":80",
    "*:80",
    "http://a:80",
  ]
) {
  Deno.test(`expandPermissions refuses ${host} as a host and a port`, () => {
    assert.throws(() => expand({ net: ["${connection.at}"] }, {}, { at: host }), (error: OsirisError) => {
      assert.equal(error.code, "DRV409");
      return error.category === "permission";
    });
  });
}

for (const host of ["db.local:5432", "10.0.0.1:80", "[::1]:3306", "localhost:1"]) {
  Deno.test(`expandPermissions takes ${host}`, () => {
    assert.deepEqual(expand({ net: ["${connection.at}"] }, {}, { at: host }).net, [host]);
  });
}

Deno.test("templateFields knows config and connection alone", () => {
  assert.deepEqual(templateFields("${connection.host}:${config.port}"), [
    { of: "connection", name: "host" },
    { of: "config", name: "port" },
  ]);
  assert.equal(templateFields("${env.HOME}"), undefined);
});
