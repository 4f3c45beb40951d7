import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import {
  checkConfig,
  createDriverPool,
  type Driver,
  type Listen,
  loadCatalog,
  testComponent,
} from "./mod.ts";

/** An example of a component's folder: what it gives, or everything that is wrong with it. */
interface Example {
  readonly title: string;
  readonly mode: "read" | "transform" | "write";
  readonly config: Record<string, unknown>;
  readonly connection?: Record<string, unknown>;
  readonly gives?: unknown;
  readonly refused?: readonly string[];
}

/** Families whose databases an example cannot play; `tests/conformance_test.ts` has real ones. */
const SERVED_ELSEWHERE = ["duckdb", "mysql", "postgres", "sqlite"];
const TRANSPORTS = ["worker", "process"] as const;
const PLUGINS = new URL("../../plugins/", import.meta.url);

for (const entry of (await loadCatalog()).entries()) {
  const examples = new URL(`${entry.spec.name}/examples/`, PLUGINS);
  const files = [...Deno.readDirSync(examples)].map((file) => file.name).sort();

  Deno.test(`${entry.spec.name} has examples that work and examples that must fail`, () => {
    assert.ok(files.some((file) => file.startsWith("must_fail_")));
    assert.ok(files.some((file) => !file.startsWith("must_fail_")));
  });

  if (entry.spec.carries === "driver") {
    for (const isolation of TRANSPORTS) {
      Deno.test(`${entry.spec.name} holds in a ${isolation} what every component promises`, async () => {
        const folder = fileURLToPath(new URL(entry.spec.name, PLUGINS));
        const served = !SERVED_ELSEWHERE.includes(entry.spec.connection?.family ?? "");
        for await (
          const check of testComponent(folder, {
            origin: "builtin",
            listen,
            start: { isolation },
            limitMs: 30_000,
          })
        ) {
          if (!served && (check.id === "examples.modes" || check.state === "skipped")) continue;
          assert.equal(check.state, "passed", `${check.title}: ${check.reason}`);
        }
      });
    }
    continue;
  }

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
      const start = { step: "example", config: value, connection: example.connection ?? null, grants };
      for (const isolation of TRANSPORTS) {
        await using driver = await pool.open(entry, { ...start, isolation });
        const answer = await ask(driver, example.mode);
        assert.equal(answer.kind, "relation", isolation);
        assert.deepEqual(plainCopy("relation" in answer && answer.relation), example.gives, isolation);
      }
    });
  }
}

function listen(handler: Parameters<Listen>[0]): ReturnType<Listen> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  return Promise.resolve({ address: `127.0.0.1:${server.addr.port}`, close: () => server.shutdown() });
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
