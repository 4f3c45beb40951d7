import { OsirisError } from "../../diagnostic.ts";
import type { DiscoveredTable, DriverPool } from "../driver.ts";
import { checkConfig } from "../_config.ts";
import type { Driver } from "../driver.ts";
import type { Capability, ComponentSpec, FieldSchema, Mode } from "../spec.ts";
import { SAMPLES } from "./_attempt.ts";
import type { Example } from "./_example.ts";
import { type Check, type Fault, isAccident, saidBy, type Subject } from "./_subject.ts";

/** What is a function of the driver: the modes, and some of the capabilities. */
const ABILITIES = ["check", "discover", "target", "read", "transform", "write"] as const;
type Ability = (typeof ABILITIES)[number];
/** How long it is looked at what a driver makes of a call, once it has loaded. */
const PROBE_MS = 2_000;
/** The same of a call that it declares not to know: it says so at once, and slowness alone is no fault. */
const UNDECLARED_PROBE_MS = 10_000;

const CHECK_NEXT =
  "use the connection alone, for there is no step; return { ok: false, category, help } for what is the server's doing";

const DISCOVER_NEXT =
  "with a `scope`, give the table or schema of that name with its columns, and no more than `samples` rows of each";

/** What a spec says against what is there. */
export const DECLARED: readonly Check[] = [
  {
    id: "driver.loads",
    title: "it loads",
    run: async ({ bench: { pool, entry, start }, examples: [example] }) => {
      const nothing = { net: [], read: [], write: [] };
      const config = example?.config ?? {};
      try {
        await using _ = await pool.open(entry, {
          ...start,
          step: "example",
          config,
          connection: null,
          grants: nothing,
        });
        return undefined;
      } catch (error) {
        if (!(error instanceof OsirisError)) throw error;
        const help = error.help ??
          "what stands outside of functions runs when the driver loads; nothing there may fail";
        return { reason: saidBy(error), next: help };
      }
    },
  },
  {
    id: "driver.declared",
    title: "it can do what spec.yaml declares, and nothing else",
    run: async (subject) => {
      const faults = await Promise.all(ABILITIES.map((ability) => probed(subject, ability)));
      return faults.find((fault) => fault !== undefined);
    },
  },
  {
    id: "config.refuses",
    title: "wrong configuration is refused",
    run: ({ bench: { entry: { spec } }, examples }) => Promise.resolve(loose(spec, examples)),
  },
  {
    id: "examples.modes",
    title: "each mode has an example that works",
    run: ({ bench: { entry: { spec } }, working }) => {
      const mode = spec.modes.find((each) => !working.some((example) => example.mode === each));
      return Promise.resolve(
        mode && {
          reason: `no example has 'mode: ${mode}' and 'gives'`,
          next: "add one to examples/; the other checks start from it",
        },
      );
    },
  },
];

/** What it says when it is asked about its connection. */
export const ASKED: readonly Check[] = [
  {
    id: "check.answers",
    title: "its check says whether the connection works, in words where it does not",
    skip: ({ bench: { entry: { spec } }, working }) => {
      if (!spec.capabilities.includes("check")) return "";
      return working.length > 0 ? undefined : "no example works";
    },
    run: async (subject) => {
      const example = subject.working[0]!;
      const silent = await subject.attempt(example, { ask: "check" });
      if (silent.failure !== undefined && isAccident(silent.failure)) {
        return { reason: `its check failed: ${saidBy(silent.failure)}`, next: CHECK_NEXT };
      }
      if (example.http === undefined) return undefined;
      const refused = await subject.attempt(example, { ask: "check", trouble: { from: 0, kind: 401 } });
      if (refused.checked?.ok !== true) return undefined;
      return {
        reason: "the server refused its login (401), and its check says that all is well",
        next: CHECK_NEXT,
      };
    },
  },
  {
    id: "discover.answers",
    title: "what it discovers can be used",
    skip: ({ bench: { entry: { spec } }, working }) => {
      if (!spec.capabilities.includes("discover")) return "";
      return working.length > 0 ? undefined : "no example works";
    },
    run: async (subject) => {
      const { failure, tables = [], described = [] } = await subject.attempt(subject.working[0]!, {
        ask: "discover",
      });
      const next =
        "use the connection alone, for there is no step; list each table once, with its columns and their types";
      if (failure !== undefined && isAccident(failure)) return { reason: saidBy(failure), next };
      const names = tables.map(({ name }) => name);
      const twice = names.find((name, at) => names.indexOf(name) !== at);
      if (twice !== undefined) return { reason: `it lists '${twice}' twice`, next };
      const stray =
        tables.flatMap(({ name, columns, keys }) =>
          keys.filter((key) => !columns.some((column) => column.name === key)).map((key) =>
            `'${key}' of '${name}'`
          )
        )[0];
      if (stray !== undefined) return { reason: `the key ${stray} is not among the columns`, next };
      const reason = tables.length === 0 ? undefined : misdescribed(tables[0]!.name, described);
      return reason === undefined ? undefined : { reason, next: DISCOVER_NEXT };
    },
  },
];

/** What is wrong with what is said of a table that was asked for. */
function misdescribed(name: string, described: readonly DiscoveredTable[]): string | undefined {
  const found = described.find((table) => table.name === name);
  if (found === undefined) return `it lists '${name}', and knows nothing of it when it is asked for`;
  const { columns, keys, samples, profile } = found;
  if (samples.length > SAMPLES) {
    return `it was asked for ${SAMPLES} rows of '${name}', and gives ${samples.length}`;
  }
  const named = [...keys, ...samples.flatMap(Object.keys), ...profile?.columns.map(({ name }) => name) ?? []];
  const stray = named.find((each) => !columns.some((column) => column.name === each));
  if (stray !== undefined) return `it speaks of '${stray}' of '${name}', which is not among its columns`;
  const much = profile?.columns.find(({ nulls, distinct }) => Math.max(nulls, distinct ?? 0) > profile.rows);
  return much === undefined
    ? undefined
    : `of ${profile!.rows} rows of '${name}' it counts more values of '${much.name}'`;
}

async function probed(subject: Subject, ability: Ability): Promise<Fault | undefined> {
  const { spec } = subject.bench.entry;
  if (ability === "target" && spec.carries === "engine") return undefined; // which looks at the table itself
  const named = ability === "target" ? "contract" : ability;
  const declared = [...spec.modes, ...spec.capabilities].includes(named as never);
  const there = await has(subject, ability, declared ? PROBE_MS : UNDECLARED_PROBE_MS);
  if (there === declared) return undefined;
  const list = ["check", "discover", "target"].includes(ability) ? "capabilities" : "modes";
  return declared
    ? {
      reason: `spec.yaml declares '${named}', and the driver has no such function`,
      next: `add '${ability}' to defineDriver({…}), or take '${named}' out of ${list}`,
    }
    : {
      reason: `the driver has '${ability}', and spec.yaml does not declare it`,
      next: `add '${named}' to ${list}, or take '${ability}' out of the driver`,
    };
}

/** Whether the driver has a function: it is called with no rights at all, and only a driver without it says so. */
async function has({ bench, examples }: Subject, ability: Ability, limitMs: number): Promise<boolean> {
  const { entry, start } = bench;
  const modes: readonly Mode[] = ["read", "transform", "write"];
  const capabilities: readonly Capability[] = ["check", "discover", "contract"];
  const spec: ComponentSpec = { ...entry.spec, modes, capabilities, carries: "driver" };
  const example = examples.find(({ mode }) => mode === ability) ?? examples[0];
  const { value: config } = checkConfig(entry.spec, example?.config ?? {});
  const connection = entry.spec.connection === undefined ? null : example?.connection ?? {};
  const grants = { net: [], read: [], write: [] };
  const controller = new AbortController();
  let limit: ReturnType<typeof setTimeout> | undefined;
  try {
    await using driver = await openAs(bench.pool, { ...entry, spec }, {
      ...start,
      step: "example",
      config,
      connection,
      grants,
    }, controller.signal);
    limit = setTimeout(() => controller.abort(), limitMs);
    await call(driver, ability);
    return true;
  } catch (error) {
    if (!(error instanceof OsirisError)) throw error;
    return !saidBy(error).includes(`has no '${ability}'`);
  } finally {
    clearTimeout(limit);
  }
}

function openAs(
  pool: DriverPool,
  entry: Parameters<DriverPool["open"]>[0],
  start: Parameters<DriverPool["open"]>[1],
  signal: AbortSignal,
): Promise<Driver> {
  return pool.open(entry, start, { signal });
}

async function call(driver: Driver, ability: Ability): Promise<unknown> {
  switch (ability) {
    case "check":
      return await driver.check();
    case "discover":
      return await driver.discover();
    case "target":
      return await driver.target([]);
    case "read":
      return await driver.read();
    case "transform":
      return await driver.transform({});
    case "write":
      return await driver.write([], { batches: async function* () {} });
  }
}

/** A field that takes anything. */
function loose(spec: ComponentSpec, examples: readonly Example[]): Fault | undefined {
  const config = examples[0]?.config ?? spec.examples[0]?.config ?? {};
  const all: [string, FieldSchema][] = Object.entries(spec.config.properties);
  for (const [name] of all) {
    const odd = [{ "no such key": [] }, [["x"]], "\u0000", -1.5];
    if (odd.some((value) => checkConfig(spec, { ...config, [name]: value }).problems.length > 0)) continue;
    return { reason: `the field '${name}' takes anything`, next: `say in spec.yaml what type '${name}' has` };
  }
  return undefined;
}
