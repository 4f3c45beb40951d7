import assert from "node:assert/strict";
import fc from "fast-check";
import type { CatalogEntry, ComponentSpec } from "../component/mod.ts";
import type { DeclarationUse, SessionUse } from "../session/mod.ts";
import { componentsOf, type ComponentUse, componentUses } from "./_component_use.ts";

type Declaring = ComponentSpec["permissions"];

/** What the runs tell of a component that declares this. */
function use(permissions: Declaring, sessions: readonly SessionUse[]): ComponentUse {
  const entry = { spec: { version: "1.0.0", permissions }, origin: "outside" } as CatalogEntry;
  return componentUses(["a.b"], () => entry, sessions)[0]!;
}

let runs = 0;
function run(...declared: DeclarationUse[]): SessionUse {
  const step = { step_id: "s", component: "a.b", net: [], read: [], write: [] };
  const { net, read, write, ...ids } = step;
  const used = { ...ids, isolation: "process", counted_by: ["realm" as const], net, read, write, denied: [] };
  return { session_id: `run_${runs++}`, steps: [step], uses: [{ ...used, declared }] };
}

const read = (template: string, used: boolean, within?: string): DeclarationUse => ({
  permission: "read",
  template,
  used,
  ...(within === undefined ? {} : { within }),
});

Deno.test("componentUses proposes to leave out what was never used, and keeps what one run used", () => {
  const sessions = [run(read("a", true), read("b", false)), run(read("a", false), read("b", false))];
  const { tighter, never_used } = use({ read: ["a", "b"], write: ["c"] }, sessions);
  assert.deepEqual(tighter, { read: ["a"], write: ["c"] }, "no run granted 'c', so none could use it");
  assert.deepEqual(never_used, [{ permission: "read", template: "b", counted: 2, used: 0 }]);
});

Deno.test("componentUses proposes nothing where every declaration was used, or no run could tell", () => {
  assert.equal(use({ read: ["a"] }, [run(read("a", true))]).tighter, undefined);
  assert.equal(use({ read: ["a"] }, []).tighter, undefined);
  assert.equal(use({ read: ["a"] }, [{ ...run(), uses: [] }]).tighter, undefined);
  assert.equal(use({ read: ["a"] }, [run(read("of another version", false))]).tighter, undefined);
});

Deno.test("componentUses narrows a declaration to where several steps were, never by one step alone", () => {
  const tighter = (...withins: (string | undefined)[]) =>
    use({ read: ["${config.dir}"] }, withins.map((within) => run(read("${config.dir}", true, within))))
      .tighter;
  assert.deepEqual(tighter("in/a.csv", "in/b.csv"), { read: ["${config.dir}/in"] });
  assert.deepEqual(tighter("in/a.csv", "in/a.csv"), { read: ["${config.dir}/in/a.csv"] });
  assert.equal(tighter("in/a.csv"), undefined);
  assert.equal(tighter("in/a.csv", undefined), undefined);
  assert.equal(tighter("in", "inner"), undefined);
});

Deno.test("componentUses counts grants, uses and refusals by steps, and bounds the lists", () => {
  const names = Array.from({ length: 150 }, (_, i) => `/f${i}`);
  const one = run();
  const step = { ...one.steps[0]!, read: names, net: ["h:1"] };
  const used = {
    ...one.uses[0]!,
    read: ["/f7", "/f7"],
    net: [{ host: "h:1", count: 9 }],
    denied: [{ permission: "net", resource: "x:1" }],
  };
  const found = use({}, [{ ...one, steps: [step, step], uses: [used, used] }, { ...run(), steps: [step] }]);
  assert.deepEqual([found.runs, found.steps], [2, 3]);
  assert.deepEqual([found.granted.read.listed.length, found.granted.read.more], [100, 50]);
  assert.deepEqual(found.granted.net.listed, [{ name: "h:1", steps: 3 }]);
  assert.deepEqual(found.used.read.listed, [{ name: "/f7", steps: 2 }]);
  assert.deepEqual(found.refused.listed, [{ name: "net x:1", steps: 2 }]);
});

Deno.test("componentsOf names what runs used, and componentUses shows what is no longer known", () => {
  const sessions = [run(read("a", true))];
  assert.deepEqual(componentsOf(sessions), ["a.b"]);
  const [gone] = componentUses(["a.b"], () => undefined, sessions);
  assert.deepEqual([gone!.origin, gone!.version, gone!.tighter, gone!.runs], [
    "gone",
    undefined,
    undefined,
    1,
  ]);
});

Deno.test("componentUses never proposes away what any run used, and never widens", () => {
  const templates = ["a", "${config.b}", "c/d"];
  const place = fc.option(fc.stringMatching(/^[ab](\/[ab]){0,2}$/), { nil: undefined });
  const declared = fc.subarray(templates).chain((some) =>
    fc.tuple(
      ...some.map((template) =>
        fc.tuple(fc.boolean(), place).map(([used, within]) => read(template, used, used ? within : undefined))
      ),
    )
  );
  fc.assert(fc.property(fc.array(declared, { maxLength: 5 }), (steps) => {
    const { tighter } = use({ read: templates }, steps.map((step) => run(...step)));
    if (tighter === undefined) return;
    for (const { template, used, within } of steps.flat()) {
      if (!used) continue;
      const touched = within === undefined ? template : `${template}/${within}`;
      assert.ok(tighter.read!.some((kept) => touched === kept || touched.startsWith(`${kept}/`)), touched);
    }
    for (const kept of tighter.read ?? []) {
      assert.ok(templates.some((template) => kept === template || kept.startsWith(`${template}/`)), kept);
    }
  }));
});
