import assert from "node:assert/strict";
import { OsirisError } from "../diagnostic.ts";
import type { Engine } from "../engine/mod.ts";
import { findCulprit } from "./_culprit.ts";
import type { Rider } from "./_steps.ts";

const signal = new AbortController().signal;
const rider = (id: string) => ({ step: { id }, relation: { step: id } }) as Rider;
/** An engine in which only `broken` cannot be computed. */
const engineWhere = (broken: string) =>
  ({
    drain: ({ step }: { step: string }) =>
      step === broken ? Promise.reject(new OsirisError("ENG513", "no number", { step })) : Promise.resolve(),
  }) as unknown as Engine;

Deno.test("findCulprit names the first lazy step that fails the same way", async () => {
  const error = new OsirisError("ENG513", "Cannot write: no number", { step: "c" });
  const found = await findCulprit(
    error,
    "save",
    [rider("a"), rider("b"), rider("c")],
    engineWhere("b"),
    signal,
  );
  assert.equal((found as OsirisError).step, "b");
});

Deno.test("findCulprit blames the step at work for what is no fault of the data", async () => {
  const error = new OsirisError("ENG521", "Cannot write: the disk is full", { step: "a" });
  const found = await findCulprit(error, "save", [rider("a")], engineWhere("a"), signal);
  assert.equal((found as OsirisError).step, "save");
});

Deno.test("findCulprit leaves a driver's failure with the driver's step", async () => {
  const error = new OsirisError("DRV401", "the table is gone", { step: "get" });
  const found = await findCulprit(error, "save", [rider("get")], engineWhere("none"), signal);
  assert.equal((found as OsirisError).step, "get");
});
