/** Asks an engine where the columns of queries come from: it has nothing to read or write, and computes nothing. @module */

import { OsirisError } from "../diagnostic.ts";
import type { BoundValue, Engine } from "../engine/mod.ts";
import type { AskEngine, QueryQuestion, RunLineage, RunView } from "../report/mod.ts";

/** The lineage of runs, by an engine that is opened for the first query and closed in the end. */
export class Lineages implements AsyncDisposable {
  #engine: Promise<Engine> | undefined;
  #folder: string | undefined;

  /** What the columns of a run's targets are made of. */
  async of(run: RunView): Promise<RunLineage> {
    const { lineageOf } = await import("../report/mod.ts");
    return await lineageOf(run, this.#ask);
  }

  /** A query that the engine cannot take says so; an engine that it broke is not asked again. */
  readonly #ask: AskEngine = async (question) => {
    const opened = this.#engine ??= this.#open();
    try {
      return await asked(await opened, question);
    } catch (error) {
      if (!(error instanceof OsirisError) && this.#engine === opened) this.#engine = undefined;
      return { known: false, why: (error as Error).message.split("\n", 1)[0]! };
    }
  };

  async #open(): Promise<Engine> {
    const { openEngine } = await import("../engine/mod.ts");
    this.#folder ??= await Deno.makeTempDir({ prefix: "osiris-lineage-" });
    return await openEngine({
      tempDirectory: this.#folder,
      read: [],
      write: [],
      token: "lineage",
      threads: 1,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#engine)?.[Symbol.asyncDispose]();
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Asks over empty relations of the columns that the step's inputs had. */
async function asked(engine: Engine, { step, query, bind, inputs }: QueryQuestion): ReturnType<AskEngine> {
  const relations = await Promise.all(
    Object.entries(inputs).map(async ([name, columns]) => {
      await using appender = await engine.append(step, columns);
      return [name, await appender.finish()] as const;
    }),
  );
  try {
    const bound = Object.entries(bind).map(([name, { type, value }]) => {
      const kind = type as BoundValue["type"];
      return [name, { type: kind, value: value === undefined ? STAND_IN[kind] : value }] as const;
    });
    const request = { query, bind: Object.fromEntries(bound), inputs: Object.fromEntries(relations) };
    return await engine.lineage(await engine.sql(step, request));
  } finally {
    for (const [, relation] of relations) await engine.drop(relation);
  }
}

/** For values that no session holds. What is computed with a null would be taken for a constant. */
const STAND_IN: { readonly [kind in BoundValue["type"]]: unknown } = {
  string: "",
  int: 1,
  number: 1,
  bool: true,
  date: "2000-01-01",
  timestamp: "2000-01-01T00:00:00",
  list: [""],
  map: {},
};
