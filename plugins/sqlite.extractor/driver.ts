import { type CursorBounds, defineDriver, relay } from "osiris/driver";
import { checkFile, Database } from "../sqlite/mod.ts";
import { discover } from "./discover.ts";
import { ALL, dueRows } from "./due_rows.ts";
import { pagesOf, pageStream } from "./page_stream.ts";
import { type Asked, questionOf } from "./question.ts";
import { NULL_TEXT, rowsOf } from "./row_stream.ts";
import { columnsOf } from "./read_column.ts";

export default defineDriver<Asked>({
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
      const wanted = { ...question, columns, due };
      const { table } = context.config;
      const pages = table === undefined || due !== ALL
        ? undefined
        : pagesOf(database, attempt, table, columns);
      return relay(types, NULL_TEXT, async function* () {
        using open = database;
        return yield* pages === undefined
          ? rowsOf(open, attempt, wanted, context.signal)
          : pageStream(open, attempt, pages, wanted, context.signal);
      });
    } catch (error) {
      database[Symbol.dispose]();
      throw error;
    }
  },
});
