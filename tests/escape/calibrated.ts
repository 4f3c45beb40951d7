/** The attempts work where nothing holds them back. @module */

import assert from "node:assert/strict";
import { ADVISORIES, NOT_REPLAYED } from "./advisories.ts";
import { CORPUS } from "./corpus.ts";
import { calibrate } from "./_calibration.ts";
import { note } from "./_figures.ts";

export function calibrated(): void {
  Deno.test("every attempt gets through in a program with every right, or says why it cannot", async () => {
    const meant = CORPUS.filter((each) => each.unproven === undefined);
    const { tried, strangers } = await calibrate(meant);
    const through = new Set(tried.filter(({ outcome }) => outcome === "through").map(({ id }) => id));
    const failed = meant.filter(({ id }) => !through.has(id)).map(({ id }) => {
      const detail = tried.find((each) => each.id === id)?.detail ?? "it was not reached";
      return `${id}: ${detail}`;
    });
    assert.deepEqual(failed, []);
    assert.ok(strangers >= 15, `only ${strangers} connections were counted`);
    assert.equal(new Set(CORPUS.map(({ id }) => id)).size, CORPUS.length, "an attempt is there twice");
    const others = Object.keys(NOT_REPLAYED).length;
    note(`advisories: ${ADVISORIES.length} replayed, ${others} cannot concern a driver`);
    const reasons = CORPUS.length - meant.length;
    note(
      `calibration: ${through.size} of ${CORPUS.length} attempts get through with every right, ${reasons} say why not`,
    );
  });
}
