import assert from "node:assert/strict";
import { parse } from "yaml";
import { checkConfig, createDriverPool, type Driver, loadCatalog } from "./mod.ts";

/** An example of a component's folder: what it gives, or everything that is wrong with it. */
interface Example {
  readonly title: string;
  readonly mode: "read" | "transform" | "write";
  readonly config: Record<string, unknown>;
  readonly gives?: unknown;
  readonly refused?: readonly string[];
}

const PLUGINS = new URL("../../plugins/", import.meta.url);

for (const entry of (await loadCatalog()).entries()) {
  const examples = new URL(`${entry.spec.name}/examples/`, PLUGINS);
  const files = [...Deno.readDirSync(examples)].map((file) => file.name).sort();

  Deno.test(`${entry.spec.name} has examples that work and examples that must fail`, () => {
    assert.ok(files.some((file) => file.startsWith("must_fail_")));
    assert.ok(files.some((file) => !file.startsWith("must_fail_")));
  });

  for (const file of files) {
    const example: Example = parse(Deno.readTextFileSync(new URL(file, examples)));
    Deno.test(`${entry.spec.name} example ${file}: ${example.title}`, async () => {
      const { value, problems } = checkConfig(entry.spec, example.config);
      const said = problems.map(({ path, message }) =>
        [...path.length > 0 ? [path.join(".")] : [], message].join(": ")
      );
      assert.deepEqual(said, example.refused ?? []);
      assert.equal(example.refused !== undefined, file.startsWith("must_fail_"));
      if (example.refused !== undefined) return;
      await using pool = createDriverPool();
      const grants = { net: [], read: [], write: [] };
      await using driver = await pool.open(entry, {
        step: "example",
        config: value,
        connection: null,
        grants,
      });
      const answer = await ask(driver, example.mode);
      assert.equal(answer.kind, "relation");
      assert.deepEqual(plainCopy("relation" in answer && answer.relation), example.gives);
    });
  }
}

function ask(driver: Driver, mode: Example["mode"]): Promise<{ kind: string }> {
  if (mode === "read") return driver.read();
  if (mode === "transform") return driver.transform({});
  return driver.write([{ name: "id", type: "BIGINT" }], {
    batches: () => {
      throw new Error("a relation needs no rows");
    },
  });
}

function plainCopy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
