import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { type DeclaredGrant, type DriverUse, MAX_USES } from "../component/mod.ts";
import { type AccountOf, DriverAccount, MOST_LISTED } from "./_driver_account.ts";

const ROOT = join(Deno.cwd(), "project");
const at = (path: string) => join(ROOT, path);
const NOTHING: DriverUse = { net: [], read: [], write: [], denied: [] };

function account(declared: readonly DeclaredGrant[], more: Partial<AccountOf> = {}): DriverAccount {
  return new DriverAccount({
    step: "load",
    component: "a.b",
    isolation: "process",
    root: ROOT,
    engineCarries: false,
    declared,
    ...more,
  });
}

const net = (template: string, ...grants: string[]): DeclaredGrant => ({
  permission: "net",
  template,
  grants,
});
const read = (template: string, ...grants: string[]): DeclaredGrant => ({
  permission: "read",
  template,
  grants: grants.map(at),
});
const write = (template: string, ...grants: string[]): DeclaredGrant => ({
  permission: "write",
  template,
  grants: grants.map(at),
});

Deno.test("DriverAccount tells which templates were used, by whom counted", () => {
  const of = account([
    net("${connection.host}:1", "db:1"),
    net("auth:2", "auth:2"),
    read("${config.path}", "in.csv"),
    write("${config.path}.staged", "in.csv.staged"),
    read("${config.optional}"),
  ]);
  of.opened();
  of.realmCounted({ ...NOTHING, net: [{ host: "db:1", count: 3 }], read: [at("in.csv")] });
  const used = of.closed({});
  assert.deepEqual(used.counted_by, ["realm"]);
  assert.deepEqual(used.declared, [
    { permission: "net", template: "${connection.host}:1", used: true },
    { permission: "net", template: "auth:2", used: false },
    { permission: "read", template: "${config.path}", used: true },
    { permission: "write", template: "${config.path}.staged", used: false },
  ]);
});

Deno.test("DriverAccount knows a host however it is spelled", () => {
  const of = account([net("a", "DB.local:1"), net("b", "[::1]:2"), net("c", "db.local:11")]);
  of.opened();
  of.realmCounted({ ...NOTHING, net: [{ host: "db.local:1", count: 1 }, { host: "::1:2", count: 1 }] });
  assert.deepEqual(of.closed({}).declared.map(({ used }) => used), [true, true, false]);
});

Deno.test("DriverAccount says nothing of what was not used when nobody would have seen a use", () => {
  const uncounted = account([net("db:1", "db:1"), read("${config.path}", "in.csv")]);
  uncounted.opened();
  assert.deepEqual(uncounted.closed({}).declared, []);
  assert.deepEqual(uncounted.closed({}).counted_by, []);

  const ofEngine = account([net("db:1", "db:1"), write("${config.path}", "out"), write("spare", "spare")], {
    engineCarries: true,
  });
  ofEngine.opened();
  ofEngine.engineOpens("write", at("out"));
  assert.deepEqual(ofEngine.closed({ files: [at("out")] }).declared, [
    { permission: "write", template: "${config.path}", used: true },
    { permission: "write", template: "spare", used: false },
  ]);
});

Deno.test("DriverAccount of a step that failed lists no template as not used", () => {
  const of = account([net("db:1", "db:1"), read("a", "a")]);
  of.opened();
  of.realmCounted({ ...NOTHING, read: [at("a")] });
  assert.deepEqual(of.closed(undefined).declared, [{ permission: "read", template: "a", used: true }]);
});

Deno.test("DriverAccount names the narrower place that held all that was touched", () => {
  const within = (template: DeclaredGrant, ...paths: string[]) => {
    const of = account([template]);
    of.opened();
    of.realmCounted({ ...NOTHING, read: paths });
    return of.closed({}).declared[0]?.within;
  };
  const folder = read("${config.folder}", "data");
  assert.equal(within(folder, at("data/in/a.csv"), at("data/in/b.csv")), "in");
  assert.equal(within(folder, at("data/a.csv")), "a.csv");
  assert.equal(within(folder, "data/a.csv"), "a.csv", "a relative path counts from the project");
  assert.equal(within(folder, at("data/a.csv"), at("data/b.csv")), undefined);
  assert.equal(within(folder, at("data"), at("data/a.csv")), undefined);
  assert.equal(within(folder, at("data/in/a"), at("data/inner/a")), undefined);
  assert.equal(within(folder, at("other")), undefined);
});

Deno.test("DriverAccount draws no conclusion from a list that may have been cut", () => {
  const many = Array.from({ length: MAX_USES }, (_, i) => at(`data/in/${i}`));
  const of = account([read("${config.folder}", "data"), read("spare", "spare"), write("out", "out")]);
  of.opened();
  of.realmCounted({ ...NOTHING, read: many });
  assert.deepEqual(of.closed({}).declared, [
    { permission: "read", template: "${config.folder}", used: true },
    { permission: "write", template: "out", used: false },
  ]);
});

Deno.test("DriverAccount stays bounded over any number of attempts", () => {
  const of = account([read("${config.folder}", "data"), read("spare", "spare")]);
  for (let attempt = 0; attempt < 30; attempt++) {
    of.opened();
    of.realmCounted({
      ...NOTHING,
      read: Array.from({ length: MAX_USES - 1 }, (_, i) => at(`data/${attempt}/${i}`)),
    });
  }
  const used = of.closed({});
  assert.equal(used.read.length, MOST_LISTED);
  assert.ok(used.more!["read"]! < 11_000);
  assert.deepEqual(used.declared, [{ permission: "read", template: "${config.folder}", used: true }]);
});

Deno.test("DriverAccount adds attempts up, and takes rows and bytes of the last one", () => {
  const of = account([]);
  const attempt = (host: string, rows: number) => {
    of.opened();
    of.realmCounted({ ...NOTHING, net: [{ host, count: 1 }] });
    of.realmCounted({ ...NOTHING, net: [{ host, count: 2 }] });
    of.gave(rows, rows * 8);
    of.took(1, 2);
  };
  attempt("a:1", 3);
  attempt("a:1", 5);
  attempt("b:1", 7);
  const used = of.closed({ rowsIn: 99, rowsOut: 99 });
  assert.deepEqual(used.net, [{ host: "a:1", count: 4 }, { host: "b:1", count: 2 }]);
  assert.deepEqual([used.rows_in, used.rows_out, used.bytes_in, used.bytes_out], [1, 7, 2, 56]);
});

Deno.test("DriverAccount gives each denial once", () => {
  const of = account([]);
  const denied = [{ permission: "net", resource: "evil:1" }];
  assert.deepEqual(of.realmCounted({ ...NOTHING, denied }), denied);
  assert.deepEqual(of.realmCounted({ ...NOTHING, denied }), []);
  assert.deepEqual(of.refused("read", "/etc/passwd"), [{ permission: "read", resource: "/etc/passwd" }]);
  assert.deepEqual(of.closed(undefined).denied, [...denied, { permission: "read", resource: "/etc/passwd" }]);
});

Deno.test("DriverAccount stays bounded and exact about what it leaves out, whatever a driver says", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 3 * MOST_LISTED }),
    fc.integer({ min: 1, max: 3000 }),
    (entries, length) => {
      const of = account([read("${config.folder}", "data")]);
      of.opened();
      const names = Array.from({ length: entries }, (_, i) => `${i}`.padEnd(length, "x"));
      const said = of.realmCounted({
        net: names.map((host) => ({ host, count: 1 })),
        read: names,
        write: names,
        denied: names.map((resource) => ({ permission: "net", resource })),
      });
      const used = of.closed({});
      assert.ok(said.length <= MOST_LISTED);
      for (const list of ["net", "read", "write", "denied"] as const) {
        assert.equal(used[list].length, Math.min(entries, MOST_LISTED));
        assert.equal(used[list].length + (used.more?.[list] ?? 0), entries);
      }
      assert.ok(used.read.every((path) => path.length <= 1025));
    },
  ));
});
