/** Hooks that write a file of the project. @module */

import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { readSession } from "../session/mod.ts";
import { demandText, textIn } from "./_config.ts";
import { type Config, documentOf, failed, type HookSurroundings, type Opened } from "./_opened.ts";
import { placeOf } from "./_place.ts";

/** Appends the event as a line of JSON. */
export function openFile(config: Config, surroundings: HookSurroundings): Opened {
  const place = placeOf(demandText(config, "path"), surroundings);
  return {
    touches: { files: [place] },
    act: (told) => writing(place, () => appendFile(place, `${documentOf(told)}\n`)),
  };
}

/** Writes how the run went as Markdown. */
export function openSummary(config: Config, surroundings: HookSurroundings): Opened {
  const place = placeOf(demandText(config, "path"), surroundings);
  return {
    touches: { files: [place] },
    act: ({ folder }) =>
      writing(place, async () => {
        const { readRun, runCard } = await import("../report/mod.ts");
        await replace(place, await runCard(await readRun(folder)));
      }),
  };
}

/** Writes what the run measured. */
export function openMetricsExport(config: Config, surroundings: HookSurroundings): Opened {
  const place = placeOf(demandText(config, "path"), surroundings);
  const asJson = textIn(config, "format") === "json";
  return {
    touches: { files: [place] },
    act: ({ folder }) =>
      writing(place, async () => {
        const { measuredRun, prometheusOf } = await import("../report/mod.ts");
        const record = await readSession(folder);
        const json = () => `${JSON.stringify({ version: 1, runs: [measuredRun(record)] }, null, 2)}\n`;
        await replace(place, asJson ? json() : prometheusOf([], [record]));
      }),
  };
}

/** Whole or not at all. */
async function replace(place: string, text: string): Promise<void> {
  const beside = `${place}.${randomBytes(6).toString("hex")}.new`;
  try {
    await writeFile(beside, text, { flag: "wx" });
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function writing(place: string, write: () => Promise<void>): Promise<void> {
  try {
    await mkdir(dirname(place), { recursive: true });
    await write();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw failed(`Cannot write '${place}': ${why}`, "make room and permission for it, or name another file");
  }
}
