/** Many drivers in one run: what grows in the host, and what is left. @module */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { Arena } from "./_arena.ts";
import { plainSpec } from "./_driver.ts";
import { count, note } from "./_figures.ts";

const IN_A_ROW = 30, SIDE_BY_SIDE = 30;
const DRIVER = `import { defineDriver, emit } from "osiris/driver";
const one = () => emit({ a: "INTEGER" }, [[{ a: 1 }]]);
export default defineDriver({ read: one, transform: one });
`;
/** One that lets the test look at the host before it goes on. */
const watchedAt = (place: string) =>
  `import { defineDriver, emit } from "osiris/driver";
async function one() {
  await (await fetch("http://${place}/")).text();
  return emit({ a: "INTEGER" }, [[{ a: 1 }]]);
}
export default defineDriver({ read: one, transform: one });
`;
/** Which of those in a row do so: an early one, and a late one. */
const WATCHED_AT = [8, 24];

/** Open files and threads of a process; undefined when it is gone. */
function heldBy(pid: number): { files: number; threads: number } | undefined {
  try {
    return {
      files: readdirSync(`/proc/${pid}/fd`).length,
      threads: readdirSync(`/proc/${pid}/task`).length,
    };
  } catch {
    return undefined;
  }
}

export function many(): void {
  Deno.test({
    name: "many drivers, one after the other and side by side, leave nothing in their host",
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      await using arena = await Arena.create();
      arena.component("evil.many", plainSpec("evil.many"), DRIVER);
      const seen: { done: number; files: number; threads: number }[] = [];
      const look = (pid: number) => {
        const held = heldBy(pid);
        const done = arena.sessions().at(-1)?.events.split('"execution.step.complete"').length;
        if (held !== undefined && done !== undefined) seen.push({ done, ...held });
      };
      let host = 0;
      await using watching = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
        look(host);
        return new Response("seen");
      });
      const place = `127.0.0.1:${watching.addr.port}`;
      const spec = plainSpec("evil.watched").replace("permissions: {}", `permissions: { net: ["${place}"] }`);
      arena.component("evil.watched", spec, watchedAt(place));
      const step = (id: string, needs: string, component = "evil.many") =>
        `  - id: ${id}\n    component: ${component}\n    mode: read\n${needs}    config: {}\n`;
      const row = Array.from(
        { length: IN_A_ROW },
        (_, i) =>
          step(
            `row_${i}`,
            i === 0 ? "" : `    needs: [row_${i - 1}]\n`,
            WATCHED_AT.includes(i) ? "evil.watched" : "evil.many",
          ),
      );
      const side = Array.from(
        { length: SIDE_BY_SIDE },
        (_, i) => step(`side_${i}`, `    needs: [row_${IN_A_ROW - 1}]\n`),
      );
      const last = step("last", `    needs: [${side.map((_, i) => `side_${i}`).join(", ")}]\n`);
      arena.write(
        "many.oml",
        `oml_version: "0.1.0"\nname: many\nsteps:\n${row.join("")}${side.join("")}${last}`,
      );
      const agreed = await arena.consent();
      assert.equal(agreed.code, 0, agreed.stderr);
      const ran = await arena.osiris(["run", "many.oml"], {
        onHost: (pid) => {
          host = pid;
          look(pid);
        },
      });
      assert.equal(ran.code, 0, ran.stdout + ran.stderr);
      const most = (key: "files" | "threads", of: readonly typeof seen[number][]) =>
        Math.max(...of.map((each) => each[key]));
      const early = seen.filter(({ done }) => done > 3 && done <= IN_A_ROW / 2);
      const late = seen.filter(({ done }) => done > IN_A_ROW / 2 && done <= IN_A_ROW);
      assert.ok(early.length > 0 && late.length > 0, "nobody looked at the host");
      for (const key of ["files", "threads"] as const) {
        assert.ok(
          most(key, late) <= most(key, early) + 8,
          `${key}: ${most(key, early)} early, ${most(key, late)} later`,
        );
      }
      const left = arena.remains();
      count("B10", { tried: IN_A_ROW + SIDE_BY_SIDE + 1, left: left.length });
      note(
        `${IN_A_ROW} drivers in a row and ${SIDE_BY_SIDE} side by side: at most ${
          most("files", seen)
        } open files and ${most("threads", seen)} threads in the host`,
      );
      assert.deepEqual(left, []);
    },
  });
}
