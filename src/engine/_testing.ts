/** What the tests of this folder share: a folder of their own with an engine in it. @module */

import { join } from "node:path";
import {
  type Engine,
  type EngineOptions,
  openEngine,
  type Relation,
  type ScanRequest,
  type SqlRequest,
  type WriteRequest,
} from "./mod.ts";

const TOKEN = "k3f9qa";

/** A folder and an engine that may read and write in it. */
export interface Bench extends AsyncDisposable {
  readonly folder: string;
  readonly engine: Engine;
  path(name: string): string;
  file(name: string, content: string | Uint8Array): string;
  text(name: string): string;
  /** Every path below the folder but the engine's own, sorted. */
  tree(): string[];
  scan(name: string, options?: ScanRequest["options"], step?: string): Promise<Relation>;
  sql(
    query: string,
    inputs?: SqlRequest["inputs"],
    bind?: SqlRequest["bind"],
    step?: string,
  ): Promise<Relation>;
  /** Writes and commits. */
  write(relation: Relation, name: string, request?: Partial<WriteRequest>): Promise<void>;
  writing(name: string, request?: Partial<WriteRequest>): WriteRequest;
  /** All rows of a relation, as a sample shows them. */
  rows(relation: Relation): Promise<readonly { readonly [column: string]: unknown }[]>;
}

/** Opens a bench. `names` are the files and folders of it that may be read and written; all of `in` and `out*` when absent. */
export async function bench(
  options: Partial<EngineOptions> & { names?: readonly string[] } = {},
): Promise<Bench> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "osiris engine " }));
  const path = (name: string) => join(folder, name) + (name.endsWith("/") ? "/" : "");
  const outs = [
    "out.csv",
    "out.json",
    "out.ndjson",
    "out.parquet",
    "out",
    "out/",
    "deep/er/out.csv",
    "out.csv.gz",
  ];
  const engine = await openEngine({
    tempDirectory: join(folder, ".temp"),
    read: [folder],
    write: (options.names ?? outs).map(path),
    token: TOKEN,
    threads: 2,
    memoryLimit: "512MB",
    ...options,
  });
  const formatOf = (name: string): "csv" | "json" | "parquet" =>
    /\.(?:nd)?jsonl?\b/.test(name) ? "json" : /parquet|pq$/.test(name) ? "parquet" : "csv";
  const writing = (name: string, request: Partial<WriteRequest> = {}): WriteRequest => ({
    format: formatOf(name),
    path: path(name),
    writeMode: "overwrite",
    partitionBy: [],
    options: {},
    token: TOKEN,
    ...request,
  });
  return {
    folder,
    engine,
    path,
    file(name, content) {
      Deno.mkdirSync(join(path(name), ".."), { recursive: true });
      if (typeof content === "string") Deno.writeTextFileSync(path(name), content);
      else Deno.writeFileSync(path(name), content);
      return path(name);
    },
    text: (name) => Deno.readTextFileSync(path(name)),
    tree: () =>
      [...walk(folder)].map((file) => file.slice(folder.length + 1)).filter((file) =>
        !file.startsWith(".temp")
      ).sort(),
    scan: (name, scanOptions = {}, step = "extract") =>
      engine.scan(step, { format: formatOf(name), path: path(name), options: scanOptions }),
    sql: (query, inputs = {}, bind = {}, step = "transform") => engine.sql(step, { query, inputs, bind }),
    async write(relation, name, request = {}) {
      await (await engine.write("save", relation, writing(name, request))).commit();
    },
    writing,
    async rows(relation) {
      const { relation: stored } = await engine.store(relation);
      return (await engine.sample(stored, 1_000_000))!;
    },
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

function* walk(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    yield join(folder, entry.name);
    if (entry.isDirectory) yield* walk(join(folder, entry.name));
  }
}
