/**
 * dlt beside Osiris between PostgreSQL and files, set up as it is fastest: rows as Arrow, read by connectorx.
 *
 * @module
 */

import { join } from "node:path";
import type { PostgresServer } from "../../tests/_servers.ts";
import { absent, type Row, run, seconds, time } from "./measure.ts";

const PROGRAM = `
import os, sys
os.environ.update({
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
})
import dlt
from dlt.sources.sql_database import sql_table

where, source, folder = sys.argv[1:4]
rows = sql_table(credentials=source.replace(":", "+psycopg2:", 1), table="sales", schema="public", backend="connectorx",
                 backend_kwargs={"conn": source, "return_type": "arrow"}, write_disposition="replace")
if where == "file":
    pipeline = dlt.pipeline("to_file", pipelines_dir=folder + "/state", dataset_name="out",
                            destination=dlt.destinations.filesystem(bucket_url="file://" + folder + "/out"))
    pipeline.run(rows, loader_file_format="parquet")
else:
    pipeline = dlt.pipeline("to_server", pipelines_dir=folder + "/state", dataset_name="dlt_out",
                            destination=dlt.destinations.postgres(source))
    pipeline.run(rows, loader_file_format="csv")
`;

/** The times of Osiris for the same two jobs. */
export interface Mine {
  readonly toFile: number;
  readonly toServer: number;
}

/** Two rows that are told and not judged: how much longer dlt takes. */
export async function* dltRows(folder: string, server: PostgresServer, mine: Mine): AsyncGenerator<Row> {
  const reach = "beside it";
  const made = await run(["python3", "-m", "venv", join(folder, "dlt")]).catch(() => undefined);
  const python = join(folder, "dlt", "bin", "python");
  const packages = [
    "dlt[postgres,filesystem,parquet]",
    "sqlalchemy",
    "psycopg2-binary",
    "pyarrow",
    "connectorx",
  ];
  const installed = made?.code === 0
    ? await run([python, "-m", "pip", "install", "--quiet", ...packages])
    : undefined;
  if (installed?.code !== 0) return yield absent("dlt, tuned, PostgreSQL", reach, "pip cannot install it");
  const program = join(folder, "dlt.py.txt");
  await Deno.writeTextFile(program, PROGRAM);
  const { host, port, user, password, database } = server;
  const source = `postgresql://${user}:${password}@${host}:${port}/${database}`;
  for (
    const [where, what, own] of [
      ["file", "PostgreSQL → Parquet", mine.toFile],
      ["server", "PostgreSQL → PostgreSQL", mine.toServer],
    ] as const
  ) {
    let failure: string | undefined;
    const elapsed = await time(async () => {
      const { code, output } = await run([python, program, where, source, join(folder, `dlt-${where}`)]);
      if (code !== 0) failure = output.trim().split("\n").at(-1);
    });
    if (failure !== undefined) yield absent(`dlt, tuned, ${what}`, reach, failure);
    else {yield {
        what: `dlt, tuned, ${what}`,
        measured: `${(elapsed / own).toFixed(1)} × (${seconds(elapsed)} / ${seconds(own)})`,
        reach,
      };}
  }
}
