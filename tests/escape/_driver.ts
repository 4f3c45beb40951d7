/** The files of a component that runs attempts, and the worker that runs them for the calibration. @module */

import type { Attempt } from "./_attempt.ts";

/** Steps beside a stranger's, whose output `honest.csv` has to be as it should whatever the stranger does. */
export const HONEST_STEPS = `  - id: honest
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT 42 AS answer" }
  - id: others
    component: filesystem.csv_writer
    mode: write
    inputs: { df: "\${honest.output.df}" }
    config: { path: honest.csv }
`;

/** The attempts at what is granted. */
export const GRANTED_ROW = "A23";

/** Runs every attempt, one after the other; each has a second, and what has to get through more than it needs. */
const TRYING = `
async function* trying(told, context, ms = 1000) {
  // What a driver writes goes to a folder of its own.
  const at = { ...told, mine: context.grants?.write[0] ?? told.granted };
  for (const [id, attempt] of attempts) {
    let outcome, timer;
    try {
      const late = Symbol();
      const enough = id.startsWith("${GRANTED_ROW} ") ? 30_000 : ms;
      const value = await Promise.race([attempt(at, context), new Promise((done) => (timer = setTimeout(done, enough, late)))]);
      if (value === late) outcome = ["refused", "it took too long"];
      else outcome = value ? ["through", String(value).slice(0, 200)] : ["refused", "no gain"];
    } catch (error) {
      outcome = ["refused", String(error?.message ?? error).slice(0, 200)];
    } finally {
      clearTimeout(timer);
    }
    yield { id, outcome: outcome[0], detail: outcome[1] };
  }
}
`;

function list(attempts: readonly Attempt[]): string {
  const items = attempts.map(({ id, code }) =>
    `  [${JSON.stringify(id)}, async (at, context) => { ${code} }],`
  );
  return `const attempts = [\n${items.join("\n")}\n];\n`;
}

function imports(attempts: readonly Attempt[]): string {
  const all = Object.assign({}, ...attempts.map((each) => each.imports)) as Record<string, string>;
  return Object.entries(all).map(([name, module]) => `import * as ${name} from "${module}";\n`).join("");
}

/** `driver.js` of a component that reads: each row says what became of an attempt. */
export function driverOf(attempts: readonly Attempt[]): string {
  return `import { defineDriver, emit } from "osiris/driver";
${imports(attempts)}${list(attempts)}${TRYING}
export default defineDriver({
  read: (context) =>
    emit({ id: "VARCHAR", outcome: "VARCHAR", detail: "VARCHAR" }, async function* () {
      for await (const row of trying(JSON.parse(context.config.at), context)) yield [row];
    }),
});
`;
}

/** A worker that posts what became of each attempt. */
export function calibratorOf(attempts: readonly Attempt[]): string {
  return `${imports(attempts)}${list(attempts)}${TRYING}
const context = { log() {}, event() {}, metric() {}, progress() {}, config: {}, connection: null };
const post = self.postMessage.bind(self);
for (const type of ["error", "unhandledrejection"]) self.addEventListener(type, (event) => event.preventDefault());
const { promise, resolve } = Promise.withResolvers();
self.addEventListener("message", (event) => resolve(event.data), { once: true });
for await (const row of trying(await promise, context, 30_000)) post({ row });
post({ done: true });
`;
}

/** `spec.yaml` of a component that is granted a folder and two ports, or nothing. */
export function specOf(name: string, granted: boolean): string {
  const at = `    at: { type: string, description: What the attempts are told, examples: ["{}"] }`;
  const more = `
    folder: { type: string, format: path, description: A folder, examples: [granted] }
    host: { type: string, description: A host, examples: [127.0.0.1] }
    port: { type: integer, description: A port, examples: [8080] }
    free_port: { type: integer, description: Another port, examples: [8081] }`;
  return `name: ${name}
version: 1.0.0
title: A stranger's driver
description: Tries what it was not granted.
status: experimental
modes: [read]
permissions:${
    granted
      ? `
  net: ["\${config.host}:\${config.port}", "\${config.host}:\${config.free_port}"]
  read: ["\${config.folder}"]
  write: ["\${config.folder}"]`
      : " {}"
  }
config:
  type: object
  required: [at]
  properties:
${at}${granted ? more : ""}
examples:
  - title: It
    mode: read
    config: { at: "{}" }
`;
}

/** `spec.yaml` of a component without grants; `secret` is the path of what it would like to read. */
export function plainSpec(name: string): string {
  return `name: ${name}
version: 1.0.0
title: A stranger's driver
description: Does not end well.
status: experimental
modes: [read, transform]
permissions: {}
config:
  type: object
  properties:
    secret: { type: string, description: A path, examples: [x] }
examples:
  - title: It
    mode: read
    config: {}
  - title: It, as a transform
    mode: transform
    config: {}
`;
}
