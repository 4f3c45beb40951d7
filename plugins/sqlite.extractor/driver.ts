import { type CursorBounds, defineDriver, emit } from "osiris/driver";
import { checkFile, Database } from "../sqlite/mod.ts";
import { discover } from "./discover.ts";
import { ALL, dueRows } from "./due_rows.ts";
import { type Asked, questionOf } from "./question.ts";
import { rowsOf } from "./row_stream.ts";
import { columnsOf } from "./read_column.ts";

interface SqliteConfig extends Asked {
  readonly batch_rows: number;
}

export default defineDriver<SqliteConfig>({
  check: checkFile,
  discover,

  async read(context, { cursor }) {
    const question = questionOf(context.config);
    const database = await Database.open(context, "read");
    try {
      const attempt = `Cannot read ${question.what} in ${database.place}`;
      const columns = columnsOf(database, attempt, question);
      const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
      const due = cursor === null ? ALL : dueRows(attempt, columns, cursor as CursorBounds);
      const rows = rowsOf(database, attempt, { ...question, columns, due }, context.config.batch_rows);
      return emit(types, function* () {
        using _ = database;
        for (const chunk of rows) {
          context.signal.throwIfAborted();
          yield chunk;
        }
      });
    } catch (error) {
      database[Symbol.dispose]();
      throw error;
    }
  },
});
