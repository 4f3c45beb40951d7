/**
 * Writes rows to a table of PostgreSQL: `COPY`, and one transaction that holds the rows, the table when it is made,
 * and the line in `_osiris_loads` that says that this load was done.
 *
 * That line is written first and shown last (`loads.ts`), so an answer to COMMIT that never arrived is not loaded
 * twice.
 *
 * @module
 */

import {
  type Context,
  defineDriver,
  DriverError,
  ServerFailure,
  type StagedRows,
  type WriteRequest,
} from "osiris/driver";
import { checkConnection, quoted, Session, tableName, tableText } from "../postgres/mod.ts";
import type { TableName } from "../sql_names/mod.ts";
import { evolve, tableColumns } from "./evolution.ts";
import { History, type HistoryOptions, mergeHistory, prepareHistory } from "./history.ts";
import { Loads } from "./loads.ts";
import { findTarget, schemaOf, type Target } from "./target.ts";

interface WriterConfig {
  readonly table: string;
  readonly write_mode: "append" | "overwrite" | "upsert" | "delete_insert" | "scd2";
  readonly keys?: readonly string[];
  readonly scd2?: HistoryOptions;
  readonly create: boolean;
}

const NULL_TEXT = "\\N";
const STAGING = "pg_temp.osiris_staging";

export default defineDriver<WriterConfig>({
  check: ({ connection, signal }) => checkConnection(connection, signal),

  async write(context, input) {
    const name = tableName(context.config.table);
    const session = await Session.open(context.connection, context.signal);
    try {
      return await new Write(context, input, session).stage(name);
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw error;
    }
  },
  async target({ config, connection, signal }, { columns }) {
    await using session = await Session.open(connection, signal);
    const attempt = `Cannot look at the table '${config.table}' at ${session.place}`;
    const name = tableName(config.table);
    const schema = await schemaOf(session, attempt, name);
    const found = await tableColumns(session, attempt, tableText({ schema, table: name.table }), columns);
    const own = config.write_mode === "scd2" ? new History(config.scd2).columns : [];
    return found?.filter((column) => !own.includes(column.name)) ?? null;
  },

  async loaded({ config, connection, signal }, { loadId }) {
    await using session = await Session.open(connection, signal);
    const attempt = `Cannot find out what was loaded into the table '${config.table}' at ${session.place}`;
    await session.rows(attempt, "BEGIN ISOLATION LEVEL READ COMMITTED"); // what ends meanwhile has to be seen
    const schema = await schemaOf(session, attempt, tableName(config.table));
    const rows = await new Loads(session, attempt, schema).find(loadId);
    await session.rows(attempt, "ROLLBACK");
    return rows;
  },
});

class Write {
  readonly #config: WriterConfig;
  readonly #attempt: string;
  readonly #keys: readonly string[];
  #loads!: Loads;

  constructor(
    readonly context: Context<WriterConfig>,
    readonly input: WriteRequest,
    readonly session: Session,
  ) {
    this.#config = context.config;
    this.#attempt = `Cannot write to the table '${context.config.table}' at ${session.place}`;
    const { write_mode, keys = [] } = context.config;
    this.#keys = write_mode === "append" || write_mode === "overwrite" ? [] : keys;
  }

  async stage(name: TableName): Promise<StagedRows> {
    await this.#run("BEGIN");
    const schema = await schemaOf(this.session, this.#attempt, name);
    this.#loads = new Loads(this.session, this.#attempt, schema);
    const before = await this.#loads.remember(this.input, this.context.step, this.#config.table);
    if (before !== undefined) {
      await this.#run("ROLLBACK");
      return { loadedBefore: before, commit: () => this.#end(), abort: () => this.#end() };
    }
    const text = tableText({ schema, table: name.table });
    await evolve(this.session, this.#attempt, text, this.input.evolution);
    if (this.#config.write_mode === "scd2") {
      const history = new History(this.#config.scd2);
      const { create } = this.#config;
      await prepareHistory(this.#asked, text, this.input.columns, { history, keys: this.#keys, create });
    }
    const target = await findTarget(this.session, this.#attempt, this.input.columns, {
      text,
      create: this.#config.create,
      keys: this.#keys,
      unique: this.#config.write_mode === "upsert",
    });
    const isPlain = this.#keys.length === 0 && (this.#config.write_mode === "append" || target.made);
    if (isPlain && target.direct) await this.#take(target.text, target);
    else await this.#merge(target);
    return { commit: () => this.#commit(), abort: () => this.#end("ROLLBACK") };
  }

  /** Copies the input into a table; as many rows as were sent have to be there. */
  async #take(table: string, target: Target): Promise<void> {
    const columns = target.columns.map(({ name }) => quoted(name)).join(", ");
    const copy = `COPY ${table} (${columns}) FROM STDIN (FORMAT csv, NULL '${NULL_TEXT}')`;
    const sent = { rows: 0 };
    const pieces = counted(this.input, sent, isTakenAsWritten(this.input, target));
    const taken = await this.session.write(this.#attempt, copy, pieces);
    if (taken !== sent.rows) {
      throw new DriverError(`${this.#attempt}: the server took ${taken} of ${sent.rows} rows`, {
        help: "this is a fault of the component or of Osiris; nothing was kept",
      });
    }
    await this.#loads.count(this.input.loadId, taken);
  }

  /** Copies the input beside the table, and from there into it. */
  async #merge(target: Target): Promise<void> {
    const names = target.columns.map(({ name }) => quoted(name));
    const typed = names.map((name, i) => `${name} ${target.staged[i]!.type}`).join(", ");
    await this.#run(`CREATE TEMPORARY TABLE osiris_staging (${typed}) ON COMMIT DROP`);
    await this.#take(STAGING, target);
    const rows = `(${names.join(", ")}) SELECT ${
      target.staged.map(({ value }) => value).join(", ")
    } FROM ${STAGING}`;
    const insert = `INSERT INTO ${target.text} ${rows}`;
    switch (this.#config.write_mode) {
      case "append":
        return void await this.#run(insert);
      case "overwrite":
        await this.#run(`TRUNCATE ${target.text}`);
        return void await this.#run(insert);
      case "delete_insert":
        await this.#demandKeys();
        await this.#run(`ANALYZE ${STAGING}`);
        await this.#run(
          `DELETE FROM ${target.text} AS t USING (SELECT DISTINCT ${this.#keyList()} FROM ${STAGING}) AS s
            WHERE ${this.#sameKeys()}`,
        );
        return void await this.#run(insert);
      case "scd2": {
        await this.#demandKeys();
        await this.#demandDistinct();
        const history = new History(this.#config.scd2);
        return await mergeHistory(this.#asked, target, { history, keys: this.#keys, staging: STAGING });
      }
      case "upsert":
        await this.#demandKeys();
        return await this.#upsert(target, insert);
    }
  }

  async #upsert(target: Target, insert: string): Promise<void> {
    const others = target.columns.filter(({ name }) => !this.#keys.includes(name)).map(({ name }) =>
      quoted(name)
    );
    if (target.keyed) {
      const set = others.map((name) => `${name} = EXCLUDED.${name}`).join(", ");
      const conflict = others.length === 0 ? "DO NOTHING" : `DO UPDATE SET ${set}`;
      return void await this.#run(`${insert} ON CONFLICT (${this.#keyList()}) ${conflict}`);
    }
    await this.#demandDistinct();
    await this.#run(`ANALYZE ${STAGING}`);
    // Without an index nothing else keeps two writers from adding the same key.
    await this.#run(`LOCK TABLE ${target.text} IN SHARE ROW EXCLUSIVE MODE`);
    if (others.length > 0) {
      const values = new Map(target.columns.map(({ name }, i) => [quoted(name), target.staged[i]!.value]));
      const set = others.map((name) => `${name} = s.${name}`).join(", ");
      const select = [...values].map(([name, value]) => `${value} AS ${name}`).join(", ");
      await this.#run(
        `UPDATE ${target.text} AS t SET ${set} FROM (SELECT ${select} FROM ${STAGING}) AS s WHERE ${this.#sameKeys()}`,
      );
    }
    await this.#run(
      `${insert} AS s WHERE NOT EXISTS (SELECT FROM ${target.text} AS t WHERE ${this.#sameKeys()})`,
    );
  }

  /** A key that is null is like no other, and would be added anew by every load. */
  async #demandKeys(): Promise<void> {
    const isNull = this.#keys.map((key) => `${quoted(key)} IS NULL`).join(" OR ");
    const [row] = await this.#run(`SELECT 1 FROM ${STAGING} WHERE ${isNull} LIMIT 1`);
    if (row !== undefined) throw this.#wrongRows(`a row has no value in its key (${this.#keys.join(", ")})`);
  }

  /** Of two rows with one key it is open which one is meant. */
  async #demandDistinct(): Promise<void> {
    const list = this.#keyList();
    const [twice] = await this.#run(
      `SELECT ${list} FROM ${STAGING} GROUP BY ${list} HAVING count(*) > 1 LIMIT 1`,
    );
    if (twice !== undefined) throw this.#wrongRows(`two rows have the key (${twice.join(", ")})`);
  }

  #wrongRows(what: string): DriverError {
    return new ServerFailure(this.#attempt, "data", what, {
      help: "mend the rows in a step before; nothing was kept",
    });
  }

  #keyList(): string {
    return this.#keys.map(quoted).join(", ");
  }

  #sameKeys(): string {
    return this.#keys.map((key) => `t.${quoted(key)} = s.${quoted(key)}`).join(" AND ");
  }

  async #commit(): Promise<void> {
    await this.#run("COMMIT");
    await this.#end();
  }

  async #end(last?: string): Promise<void> {
    try {
      if (last !== undefined) await this.#run(last);
    } finally {
      await this.session[Symbol.asyncDispose]();
    }
  }

  get #asked() {
    return { session: this.session, attempt: this.#attempt };
  }

  #run(text: string, values?: readonly unknown[]) {
    return this.session.rows(this.#attempt, text, values);
  }
}

/**
 * Whether the values may come as their source wrote them. The server understands them all; but a column of texts
 * would keep how something else was written, such as a `t` for true.
 */
function isTakenAsWritten({ columns }: WriteRequest, target: Target): boolean {
  return target.columns.every(({ type }, i) =>
    /^(?:VARCHAR|JSON)$/.test(columns[i]!.type) || !/char|text|json/.test(type)
  );
}

/** The pieces of the input; at their end it is known how many rows they were. */
async function* counted(
  input: WriteRequest,
  sent: { rows: number },
  asWritten: boolean,
): AsyncGenerator<Uint8Array, void, void> {
  sent.rows = yield* input.bytes({ nullText: NULL_TEXT, asWritten });
}
