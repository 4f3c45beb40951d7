import assert from "node:assert/strict";
import fc from "fast-check";
import type { OsirisError } from "../diagnostic.ts";
import { declaredGrants, expandPermissions, templateFields } from "./_permissions.ts";
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

Deno.test("expandPermissions puts an address of IPv6 in brackets before its port, and nowhere else", () => {
  const permissions = { net: ["${connection.host}:${connection.port}"], read: ["${connection.host}"] };
  for (const host of ["::1", "[::1]"]) {
    assert.deepEqual(expand(permissions, {}, { host, port: 5432 }), {
      net: ["[::1]:5432"],
      read: [host],
      write: [],
    });
  }
  const many = { net: ["${config.hosts}:1"] };
  assert.deepEqual(expand(many, { hosts: ["fe80::2", "10.0.0.1"] }).net, ["10.0.0.1:1", "[fe80::2]:1"]);
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

for (
  const [url, host] of [
    ["https://api.example.com/v1", "api.example.com:443"],
    ["http://api.example.com", "api.example.com:80"],
    ["https://api.example.com:8443/a?b=c", "api.example.com:8443"],
    ["HTTPS://API.Example.com:443", "api.example.com:443"],
    ["http://[::1]:8080/", "[::1]:8080"],
    ["https://etl:pass@h.local/", "h.local:443"],
    ["https://good.local\\@evil.local/", "good.local:443"],
  ] as const
) {
  Deno.test(`expandPermissions finds ${host} in the URL ${url}`, () => {
    assert.deepEqual(expand({ net: ["${connection.at | host}"] }, {}, { at: url }).net, [host]);
  });
}

for (
  const url of [
    "s3cret.local",
    "ftp://a.local",
    "file:///etc/passwd",
    "https://?s3cret",
    "https://a b/s3cret",
  ]
) {
  Deno.test(`expandPermissions refuses ${url} as a URL, without repeating it`, () => {
    assert.throws(
      () => expand({ net: ["${connection.at | host}"] }, {}, { at: url }),
      (error: OsirisError) => error.code === "DRV409" && !error.message.includes(url),
    );
  });
}

Deno.test("expandPermissions grants no host for a URL that is not given", () => {
  assert.deepEqual(expand({ net: ["${connection.at | host}"] }, {}, {}).net, []);
});

Deno.test("templateFields knows config and connection alone", () => {
  assert.deepEqual(templateFields("${connection.host}:${config.port}"), [
    { of: "connection", name: "host" },
    { of: "config", name: "port" },
  ]);
  assert.deepEqual(templateFields("${connection.base_url | host}"), [{ of: "connection", name: "base_url" }]);
  assert.equal(templateFields("${env.HOME}"), undefined);
  assert.equal(templateFields("${connection.base_url | path}"), undefined);
});

Deno.test("expandPermissions grants the templates with their fields filled in, and nothing else, whatever both are", () => {
  const field = fc.constantFrom("config.a", "config.b", "connection.a");
  const text = fc.oneof(fc.string(), fc.constantFrom("${config.a}", "$&", "..", "/", ""));
  const template = fc.array(
    fc.oneof(
      text.filter((piece) => !piece.includes("$")).map((literal) => ({ literal })),
      field.map((name) => ({ name })),
    ),
    { minLength: 1, maxLength: 5 },
  );
  const value = fc.oneof(
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(text, { maxLength: 3 }),
  );
  const fields = fc.dictionary(fc.constantFrom("a", "b"), value);
  fc.assert(
    fc.property(fc.array(template, { maxLength: 4 }), fields, fields, (templates, config, connection) => {
      const written = templates.map((pieces) =>
        pieces.map((piece) => "name" in piece ? `\${${piece.name}}` : piece.literal).join("")
      );
      const leaves = (given: unknown) =>
        [given].flat().filter((leaf) =>
          typeof leaf === "number" || (typeof leaf === "string" && leaf !== "")
        );
      const plainly = templates.flatMap((pieces) =>
        pieces.reduce<string[]>((begun, piece) => {
          const [of, name] = "name" in piece ? piece.name.split(".") as [string, string] : [];
          const ends = of === undefined
            ? [(piece as { literal: string }).literal]
            : leaves((of === "config" ? config : connection)[name!]);
          return begun.flatMap((begin) => ends.map((end) => begin + end));
        }, [""])
      );
      const { net, read, write } = expand({ read: written }, config, connection);
      assert.deepEqual(read, [...new Set(plainly)].sort());
      assert.deepEqual([net, write], [[], []]);
      const declared = declaredGrants(
        { name: "a.b", permissions: { read: written } } as unknown as ComponentSpec,
        config,
        connection,
      );
      assert.deepEqual([...new Set(declared.flatMap(({ grants }) => grants))].sort(), read);
      assert.deepEqual(declared.map((each) => each.template), written);
    }),
  );
});
