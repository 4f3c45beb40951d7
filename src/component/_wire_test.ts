import assert from "node:assert/strict";
import type { DriverDefinition } from "./_definition.ts";
import { Service } from "./_serve.ts";
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
async function wired(definition: DriverDefinition): Promise<Session> {
  const later = <T>(take: (message: T) => void) => (message: T) => queueMicrotask(() => take(message));
  const service = new Service(
    { [SPEC.name]: definition },
    later((message: DriverMessage) => session.receive(message)),
  );
  const session: Session = new Session(
    SPEC,
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
