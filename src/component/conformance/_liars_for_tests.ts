/**
 * Components that do not keep a promise, each with the checks that find it out.
 *
 * @module
 */

/** A component that lies. */
export interface Liar {
  readonly does: string;
  /** The checks that fail; all others that are made hold. */
  readonly failing: readonly string[];
  readonly files: { readonly [path: string]: string };
  /** Only the walls around code from outside find it out. */
  readonly walled?: true;
  /** It has to be stopped. */
  readonly endless?: true;
}

/** A spec of YAML; what is given takes the place of what it says by itself. */
function spec(
  changes: { readonly modes?: readonly string[]; readonly [key: string]: unknown } = {},
  config = {},
): string {
  const { modes = ["read"] } = changes;
  const whole = {
    name: "test.liar",
    version: "0.1.0",
    title: "A liar",
    description: "It does not keep a promise.",
    status: "experimental",
    modes,
    permissions: {},
    config: { type: "object", properties: {} },
    examples: modes.map((mode) => ({ title: "An example", mode, config })),
    ...changes,
  };
  return JSON.stringify(whole);
}

const TEXT = (description: string) => ({ type: "string", minLength: 1, description });

const READ = {
  "examples/one.yaml": JSON.stringify({
    title: "One row",
    mode: "read",
    config: {},
    gives: { columns: { id: "INTEGER" }, rows: [{ id: 1 }] },
  }),
};

/** A reader of one row, with more in its functions. */
function reader(more = "", before = ""): string {
  return `import { defineDriver, emit } from "osiris/driver";
${before}
export default defineDriver({
  read: ({ log, connection, config }) => emit({ id: "INTEGER" }, async function* () { ${more} yield [{ id: 1 }]; }),
});`;
}

const TRANSFORM_EXAMPLE = JSON.stringify({
  title: "Small letters",
  mode: "transform",
  config: {},
  inputs: {
    df: { columns: { id: "INTEGER", name: "VARCHAR" }, rows: [{ id: 1, name: "A" }, { id: 2, name: "B" }] },
  },
  gives: { columns: { name: "VARCHAR" }, rows: [{ name: "a" }, { name: "b" }] },
});

/** A transform of \`name\`, by what makes rows of a batch. */
function transform(of: string): { readonly [path: string]: string } {
  return {
    "spec.yaml": spec({ modes: ["transform"] }),
    "examples/small.yaml": TRANSFORM_EXAMPLE,
    "driver.ts": `import { defineDriver, emit } from "osiris/driver";
export default defineDriver({
  transform: (_, { df }) => emit({ name: "VARCHAR" }, async function* () { ${of} }),
});`,
  };
}

const WRITE_EXAMPLE = JSON.stringify({
  title: "Two lines",
  mode: "write",
  config: { path: "out/lines.txt" },
  inputs: { df: { columns: { name: "VARCHAR" }, rows: [{ name: "a" }, { name: "b" }] } },
  gives: { files: { "out/lines.txt": "a\nb\n" } },
});

/** A writer of lines into a file, by the body of its \`write\`. */
function writer(body: string, more: readonly string[] = []): { readonly [path: string]: string } {
  const paths = ["${config.path}", ...more.map((end) => `\${config.path}${end}`)];
  return {
    "spec.yaml": spec({
      modes: ["write"],
      capabilities: ["transactions"],
      permissions: { read: paths, write: paths },
      config: {
        type: "object",
        required: ["path"],
        properties: { path: { ...TEXT("The file"), format: "path" } },
      },
    }, { path: "out/lines.txt" }),
    "examples/lines.yaml": WRITE_EXAMPLE,
    "driver.ts": `import { defineDriver } from "osiris/driver";
export default defineDriver({
  async write({ grants }, input) {
    const path = grants.write.find((each) => each.endsWith("lines.txt"))!;
    const remove = () => Deno.remove(path + ".staged").catch(() => {});
    let text = "";
    ${body}
  },
});`,
  };
}

const API = spec({
  permissions: { net: ["${config.host}"] },
  config: {
    type: "object",
    required: ["host"],
    properties: { host: TEXT("The server") },
  },
}, { host: "127.0.0.1:1" });

const API_EXAMPLE = JSON.stringify({
  title: "One row",
  mode: "read",
  config: { host: "${server}" },
  http: [{ request: "GET /rows", answer: { body: [{ id: 1 }] } }],
  gives: { columns: { id: "INTEGER" }, rows: [{ id: 1 }] },
});

/** A reader of an API, by what it makes of the answer. */
function api(
  { signal = "signal", refusal = "busy ? true : false", wait = "after", body = "await answer.json()" },
): {
  readonly [path: string]: string;
} {
  return {
    "spec.yaml": API,
    "examples/one.yaml": API_EXAMPLE,
    "driver.ts": `import { defineDriver, DriverError, emit } from "osiris/driver";
export default defineDriver<{ host: string }>({
  read: ({ config, signal }) => emit({ id: "INTEGER" }, async function* () {
    const answer = await fetch("http://" + config.host + "/rows", { signal: ${signal} });
    const busy = answer.status === 429 || answer.status === 503;
    const after = Number(answer.headers.get("retry-after")) * 1000;
    if (!answer.ok) throw new DriverError("status " + answer.status, { retryable: ${refusal}, retryAfterMs: ${wait} });
    yield ${body};
  }),
});`,
  };
}

export const LIARS: readonly Liar[] = [
  {
    does: "imports what it must not",
    failing: ["code"],
    files: { "spec.yaml": spec(), "driver.ts": reader("", 'import "node:fs";'), ...READ },
    walled: true,
  },
  {
    does: "looks at what is not its business",
    failing: ["grants.kept"],
    files: {
      "spec.yaml": spec({
        permissions: { read: ["${config.path}"] },
        config: {
          type: "object",
          properties: { path: { ...TEXT("A file"), format: "path", default: "a.txt" } },
        },
      }),
      "driver.ts": reader('await Deno.readTextFile("/etc/passwd").catch(() => {});'),
      ...READ,
    },
    walled: true,
  },
  {
    does: "has a spec without a title",
    failing: ["spec"],
    files: { "spec.yaml": spec({ title: undefined }), "driver.ts": reader(), ...READ },
  },
  {
    does: "lies in a folder of another name",
    failing: ["spec"],
    files: { "spec.yaml": spec({ name: "test.other" }), "driver.ts": reader(), ...READ },
  },
  {
    does: "throws when it is loaded",
    failing: ["driver.loads"],
    files: { "spec.yaml": spec(), "driver.ts": reader("", 'throw new Error("not today");'), ...READ },
  },
  {
    does: "declares a capability that it has not",
    failing: ["driver.declared"],
    files: { "spec.yaml": spec({ capabilities: ["check"] }), "driver.ts": reader(), ...READ },
  },
  {
    does: "can do what it does not declare",
    failing: ["driver.declared"],
    files: {
      "spec.yaml": spec(),
      "driver.ts": reader().replace("defineDriver({", "defineDriver({ discover: () => [],"),
      ...READ,
    },
  },
  {
    does: "claims a mode that it has not",
    failing: ["driver.declared", "examples.modes"],
    files: { "spec.yaml": spec({ modes: ["read", "transform"] }), "driver.ts": reader(), ...READ },
  },
  {
    does: "takes anything for a field",
    failing: ["config.refuses"],
    files: {
      "spec.yaml": spec({ config: { type: "object", properties: { any: { description: "Anything" } } } }),
      "driver.ts": reader(),
      ...READ,
    },
  },
  {
    does: "shows nothing of what it does",
    failing: ["examples.modes"],
    files: { "spec.yaml": spec(), "driver.ts": reader() },
  },
  {
    does: "gives other rows than its example",
    failing: ["example.one"],
    files: { "spec.yaml": spec(), "driver.ts": reader("yield [{ id: 2 }];"), ...READ },
  },
  {
    does: "does not come to an end",
    failing: ["example.one"],
    files: { "spec.yaml": spec(), "driver.ts": reader("while (true);"), ...READ },
    walled: true,
    endless: true,
  },
  {
    does: "has an example with an unknown key",
    failing: ["example.two"],
    files: {
      "spec.yaml": spec(),
      "driver.ts": reader(),
      ...READ,
      "examples/two.yaml": "{ title: a, mode: read, config: {}, give: 1 }",
    },
  },
  {
    does: "asks the server something else each time",
    failing: ["rows.deterministic"],
    files: {
      ...api({}),
      "driver.ts": api({})["driver.ts"]!.replace(
        "{ signal: signal }",
        '{ signal, method: "POST", body: String(Math.random()) }',
      ),
      "examples/one.yaml": API_EXAMPLE.replace("GET", "POST"),
    },
  },
  {
    does: "gives a cursor that it does not declare",
    failing: ["cursor"],
    files: {
      "spec.yaml": spec(),
      "driver.ts": reader("yield [{ id: 1 }]; return 1;"),
      "examples/one.yaml": READ["examples/one.yaml"].replace('"gives":{', '"gives":{"cursor":1,'),
    },
  },
  {
    does: "cannot do without rows",
    failing: ["input.none"],
    files: transform(`
      let rows;
      for await (const batch of df!.batches()) yield rows = batch.toRows().map(({ name }) => ({ name: name === null || name === undefined ? null : String(name).toLowerCase() }));
      rows!.length;`),
  },
  {
    does: "gives the first row of each batch twice",
    failing: ["input.many"],
    files: transform(`
      let first = true;
      for await (const batch of df!.batches()) {
        const rows = batch.toRows().map(({ name }) => ({ name: name === null ? null : String(name).toLowerCase() }));
        yield first ? rows : [rows[0]!, ...rows];
        first = false;
      }`),
  },
  {
    does: "cannot do with nulls",
    failing: ["input.nulls"],
    files: transform(
      "for await (const batch of df!.batches()) yield batch.toRows().map(({ name }) => ({ name: (name as string).toLowerCase() }));",
    ),
  },
  {
    does: "chokes on types that it did not think of",
    failing: ["input.types"],
    files: transform(`
      for await (const batch of df!.batches()) {
        const rows = batch.toRows();
        JSON.stringify(rows);
        yield rows.map(({ name }) => ({ name: name === null ? null : String(name).toLowerCase() }));
      }`),
  },
  {
    does: "leaves what it staged when it cannot finish",
    failing: ["input.breaks", "cancel"],
    files: writer(
      `await Deno.writeTextFile(path + ".staged", "");
    for await (const row of input.rows()) await Deno.writeTextFile(path + ".staged", row["name"] + "\\n", { append: true });
    return { commit: () => Deno.rename(path + ".staged", path), abort: remove };`,
      [".staged"],
    ),
  },
  {
    does: "does not hear that it is cancelled",
    failing: ["cancel"],
    files: api({ signal: "null" }),
  },
  {
    does: "writes before it is told to",
    failing: ["write.abort"],
    files: writer(`for await (const row of input.rows()) text += row["name"] + "\\n";
    await Deno.writeTextFile(path, text);
    return { commit() {}, abort: () => Deno.remove(path) };`),
  },
  {
    does: "does not undo what it staged",
    failing: ["write.abort"],
    files: writer(
      `for await (const row of input.rows()) text += row["name"] + "\\n";
    await Deno.writeTextFile(path + ".staged", text);
    return { commit: () => Deno.rename(path + ".staged", path), abort() {} };`,
      [".staged"],
    ),
  },
  {
    does: "leaves a copy of what was there",
    failing: ["write.again"],
    files: writer(
      `for await (const row of input.rows()) text += row["name"] + "\\n";
    await Deno.rename(path, path + ".old").catch(() => {});
    return { commit: () => Deno.writeTextFile(path, text), abort() {} };`,
      [".old"],
    ),
  },
  {
    does: "says that a busy server is the end",
    failing: ["http.busy"],
    files: api({ refusal: "false" }),
  },
  {
    does: "does not wait as long as a busy server asks",
    failing: ["http.busy"],
    files: api({ wait: "busy ? 1 : after" }),
  },
  {
    does: "goes on trying to log in",
    failing: ["http.refused"],
    files: api({ refusal: "true" }),
  },
  {
    does: "takes a broken answer for no rows",
    failing: ["http.broken"],
    files: api({ body: "await answer.json().catch(() => [])" }),
  },
  {
    does: "gives texts where it declares numbers",
    failing: ["example.one", "rows.types"],
    files: {
      "spec.yaml": spec(),
      ...READ,
      "driver.ts": `import { defineDriver, emit } from "osiris/driver";
export default defineDriver({
  read: () => ({ columns: [{ name: "id", type: "INTEGER" }], batches: () => emit({ id: "VARCHAR" }, [[{ id: "one" }]]).batches() }) as never,
});`,
    },
  },
  {
    does: "speaks after its end",
    failing: ["end.silent"],
    files: { "spec.yaml": spec(), "driver.ts": reader('setInterval(() => log("still here"), 5);'), ...READ },
  },
  {
    does: "floods the log",
    failing: ["log.sober"],
    files: {
      "spec.yaml": spec(),
      "driver.ts": reader("for (let i = 0; i < 1_100; i++) log(String(i));"),
      ...READ,
    },
  },
  {
    does: "says that a refused login is fine",
    failing: ["check.answers"],
    files: {
      ...api({}),
      "spec.yaml": API.replace('"modes"', '"capabilities":["check"],"modes"'),
      "driver.ts": api({})["driver.ts"]!.replace("read: (", "check: () => ({ ok: true }),\n  read: ("),
    },
  },
  {
    does: "needs a step's configuration to check its connection",
    failing: ["check.answers"],
    files: {
      "spec.yaml": spec({
        capabilities: ["check"],
        connection: { family: "liar", fields: { host: TEXT("The host") } },
        config: { type: "object", required: ["path"], properties: { path: TEXT("What to read") } },
        examples: [{ title: "An example", mode: "read", config: { path: "a" } }],
      }),
      "driver.ts": reader().replace(
        "defineDriver({",
        "defineDriver<{ path: string }>({ check: ({ config }) => ({ ok: config.path.length > 0 }),",
      ),
      "examples/one.yaml": READ["examples/one.yaml"].replace('"config":{}', '"config":{"path":"a"}'),
    },
  },
  {
    does: "finds keys that are no columns",
    failing: ["discover.answers"],
    files: {
      "spec.yaml": spec({ capabilities: ["discover"] }),
      "driver.ts": reader().replace(
        "defineDriver({",
        'defineDriver({ discover: () => [{ name: "a", columns: { id: "INTEGER" }, keys: ["no"] }],',
      ),
      ...READ,
    },
  },
  ...([
    [
      "lists a table that it does not know",
      '({ name: scope === null ? "a" : "b", columns: { id: "INTEGER" } })',
    ],
    [
      "gives more samples than it is asked for",
      '({ name: "a", columns: { id: "INTEGER" }, samples: Array(9).fill({ id: 1 }) })',
    ],
    ["samples columns that are none", '({ name: "a", columns: { id: "INTEGER" }, samples: [{ no: 1 }] })'],
    [
      "counts more nulls than rows",
      '({ name: "a", columns: { id: "INTEGER" }, profile: { rows: 1, columns: { id: { nulls: 2 } } } })',
    ],
  ] as const).map(([does, table]) => ({
    does,
    failing: ["discover.answers"],
    files: {
      "spec.yaml": spec({ capabilities: ["discover"] }),
      "driver.ts": reader().replace(
        "defineDriver({",
        `defineDriver({ discover: (_, { scope }) => [${table}],`,
      ),
      ...READ,
    },
  })),
  {
    does: "logs its password",
    failing: ["secrets.kept"],
    files: {
      "spec.yaml": spec({
        connection: {
          family: "test",
          required: ["password"],
          fields: { password: { type: "string", secret: true, description: "Its password" } },
        },
      }),
      "driver.ts": reader('log("logging in with " + connection!["password"]);'),
      "examples/one.yaml": READ["examples/one.yaml"].replace(
        '"config":{}',
        '"config":{},"connection":{"password":"open sesame"}',
      ),
    },
  },
];
