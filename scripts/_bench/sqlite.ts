/** Rows out of a SQLite file, beside the command `sqlite3`. @module */

import { statement } from "./data.ts";
import type { Place } from "./databases.ts";
import { absent, alternate, ratio, type Row, run, succeed } from "./measure.ts";

/** `read` lets Osiris read the table `sales` of the file `shop.db` into a Parquet file; `columns` are its columns, `types` as CSV has them. */
export async function* sqliteRows(
  { bench: { turns }, project, sales, size }: Place,
  columns: string,
  types: string,
  read: () => Promise<void>,
): AsyncGenerator<Row> {
  const what = `SQLite → Parquet, ${size}, beside sqlite3 .mode csv into DuckDB`;
  const reach = "≤ 2.5 ×";
  if ((await run(["sh", "-c", "command -v sqlite3"])).code !== 0) {
    return yield absent(what, reach, "no sqlite3");
  }
  const sqlite = (...commands: string[]) =>
    succeed(["sqlite3", "shop.db", ...commands], { cwd: project.root });
  const [text, pipe] = [project.path("sales.csv"), project.path("pipe-sqlite")];
  await statement(`COPY (FROM '${sales}') TO '${text}' (FORMAT csv, HEADER false)`);
  await sqlite(`CREATE TABLE sales (${columns})`, `.import --csv '${text}' sales`);
  await succeed(["mkfifo", pipe]);
  const toFile = await alternate({
    osiris: read,
    byHand: () =>
      Promise.all([
        sqlite(".mode csv", `.output '${pipe}'`, "SELECT * FROM sales"),
        statement(
          `COPY (FROM read_csv('${pipe}', header = false, auto_detect = false, columns = ${types}))
          TO '${project.path("by-hand.parquet")}' (FORMAT parquet)`,
        ),
      ]),
  }, turns);
  yield ratio(what, toFile.osiris, toFile.byHand, 2.5);
}
