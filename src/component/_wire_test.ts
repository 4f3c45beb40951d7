import assert from "node:assert/strict";
import type { DriverDefinition } from "./_definition.ts";
import { relay } from "./sdk.ts";
import { Service } from "./_service.ts";
import { Session } from "./_session.ts";
import type { DriverMessage, HostMessage } from "./protocol.ts";
import type { ComponentSpec } from "./spec.ts";

const SPEC: ComponentSpec = {
  name: "test.wired",
  version: "1.0.0",
  title: "Wired",
  description: "Runs on the other end of a wire without a worker",
  status: "experimental",
  modes: ["read", "write"],
  carries: "driver",
  capabilities: [],
  config: { type: "object", properties: {} },
  rules: [],
  permissions: {},
  examples: [],
  hints: [],
};

/** A session whose driver is this one. */
async function wired(definition: DriverDefinition, more: Partial<ComponentSpec> = {}): Promise<Session> {
  const later = <T>(take: (message: T) => void) => (message: T) => queueMicrotask(() => take(message));
  const service = new Service(
    { [SPEC.name]: definition },
    later((message: DriverMessage) => session.receive(message)),
  );
  const session: Session = new Session(
    { ...SPEC, ...more },
    { step: "s1", config: {}, connection: null, grants: { net: [], read: [], write: [] } },
    {},
    { stoppable: false, release: () => {}, post: later((message: HostMessage) => service.take(message)) },
  );
  return await session.open();
}

Deno.test("Session hands a driver the load's name", async () => {
  const heard: string[] = [];
  const driver: DriverDefinition = {
    async write(_, input) {
      for await (const _ of input.batches()); // there are none
      heard.push(input.loadId);
      return { commit() {}, abort() {} };
    },
  };
  await using session = await wired(driver);
  for (const loadId of ["run/step", undefined, undefined]) {
    const answer = await session.write([{ name: "a", type: "INTEGER" }], {
      ...(loadId === undefined ? {} : { loadId }),
      batches: async function* () {},
    });
    assert.ok(answer.kind === "staged");
    await answer.commit();
  }
  assert.equal(heard[0], "run/step");
  assert.equal(new Set(heard).size, 3, "a load that was given no name has one of its own");
});

const TEXT = "1,a\n2,\\N\n";
const COLUMNS = [{ name: "a", type: "INTEGER" }, { name: "b", type: "VARCHAR" }];
const encoded = (text: string) => new TextEncoder().encode(text);

/** A writer of texts; what it took in ends up in `heard`. */
function taker(heard: string[]): DriverDefinition {
  return {
    async write(_, input) {
      const pieces = input.bytes({ nullText: "\\N" });
      let text = "";
      let next = await pieces.next();
      for (; next.done !== true; next = await pieces.next()) text += new TextDecoder().decode(next.value);
      heard.push(`${text}${next.value} rows`);
      return { commit() {}, abort() {} };
    },
  };
}

Deno.test("Session hands on the pieces of a relayed text, and at its end how many rows it has", async () => {
  await using session = await wired({
    read: () =>
      relay({ a: "INTEGER", b: "VARCHAR" }, "\\N", async function* () {
        for (const piece of [TEXT.slice(0, 3), TEXT.slice(3)]) yield encoded(piece);
        return { rows: 2, cursor: "c" };
      }),
  });
  const answer = await session.read();
  assert.ok(answer.kind === "bytes");
  assert.deepEqual(structuredClone(answer.columns), COLUMNS);
  let text = "";
  let next = await answer.pieces.next();
  for (; next.done !== true; next = await answer.pieces.next()) {
    text += new TextDecoder().decode(next.value.data);
  }
  assert.equal(text, TEXT);
  assert.deepEqual(next.value, { rows: 2, cursor: "c" });
});

Deno.test("Session gives a writer that asks for it a text in place of batches", async () => {
  const heard: string[] = [];
  await using session = await wired(taker(heard));
  const answer = await session.write(COLUMNS, {
    batches: () => assert.fail("no batches were asked for"),
    async *bytes(nullText) {
      yield encoded(`${nullText},`);
      yield encoded(TEXT);
      return 3;
    },
  });
  assert.ok(answer.kind === "staged");
  assert.equal(answer.rows, 3);
  await answer.commit();
  assert.deepEqual(heard, [`\\N,${TEXT}3 rows`]);
});

Deno.test("Session refuses a writer that asks for a text where there is none", async () => {
  await using session = await wired(taker([]));
  await assert.rejects(
    session.write(COLUMNS, { batches: async function* () {} }),
    { code: "DRV402", message: /it asks for a text, and there are only batches/ },
  );
});

Deno.test("Session takes the rows that an earlier attempt had loaded", async () => {
  await using session = await wired({ write: () => ({ loadedBefore: 7, commit() {}, abort() {} }) });
  const answer = await session.write(COLUMNS, { batches: () => assert.fail("nothing was asked for") });
  assert.ok(answer.kind === "staged");
  assert.equal(answer.rows, 7);
  await answer.commit();
});

Deno.test("Session refuses a writer that took rows in and says that they had been loaded before", async () => {
  const driver: DriverDefinition = {
    async write(_, input) {
      for await (const _ of input.batches()); // there are none
      return { loadedBefore: 7, commit() {}, abort() {} };
    },
  };
  await using session = await wired(driver);
  await assert.rejects(
    session.write(COLUMNS, { batches: async function* () {} }),
    { code: "DRV402", message: /it took rows in that it says it had before/ },
  );
});

Deno.test("Session asks whether a load was done, and tells a writer whose load it is and how far cursors come with it", async () => {
  const heard: unknown[] = [];
  const cursors = { get: { column: "at", from: null, to: "5" } };
  await using session = await wired({
    write(_, { loadId, pipeline, cursors }) {
      heard.push({ loadId, pipeline, cursors: structuredClone(cursors) });
      return { loadedBefore: 1, commit() {}, abort() {} };
    },
    loaded: (_, { loadId }) => Promise.resolve(loadId === "run/put" ? 7 : null),
  });
  const options = { loadId: "run/put", pipeline: "orders", cursors };
  const answer = await session.write(COLUMNS, {
    ...options,
    batches: () => assert.fail("nothing was asked for"),
  });
  assert.ok(answer.kind === "staged");
  await answer.commit();
  assert.deepEqual(heard, [options]);
  assert.deepEqual([await session.loaded("run/put"), await session.loaded("other/put")], [7, null]);
  await using without = await wired({ write: () => assert.fail("nothing is written") });
  await assert.rejects(without.loaded("run/put"), { code: "DRV407", message: /has no 'loaded'/ });
});

Deno.test("Session asks a writer for its table, and tells it how the table has to change", async () => {
  const evolution = { add: [{ name: "b", type: "DATE" }], widen: [{ name: "a", type: "BIGINT" }] };
  const heard: unknown[] = [];
  const driver: DriverDefinition = {
    target: (_, { columns }) =>
      columns.length === 0
        ? null
        : [{ name: "a", type: "integer" }, { name: "at", type: "DATE", filled: true }],
    async write(_, input) {
      heard.push(input.evolution);
      for await (const _ of input.batches()); // there are none
      return { commit() {}, abort() {} };
    },
  };
  await using session = await wired(driver, { capabilities: ["contract"] });
  assert.equal(await session.target([]), null);
  assert.deepEqual(
    (await session.target(COLUMNS))?.map(({ name, type, filled }) => [name, type, filled]),
    [["a", "INTEGER", false], ["at", "DATE", true]],
  );
  for (const given of [{ evolution }, {}]) {
    const answer = await session.write(COLUMNS, { ...given, batches: async function* () {} });
    assert.ok(answer.kind === "staged");
    await answer.commit();
  }
  assert.deepEqual(heard, [evolution, { add: [], widen: [] }]);
});

Deno.test("Session asks no writer for its table whose spec does not say that it knows it", async () => {
  await using session = await wired({ target: () => assert.fail("nothing was asked for") });
  await assert.rejects(session.target(COLUMNS), { code: "DRV407", message: /contract/ });
});
