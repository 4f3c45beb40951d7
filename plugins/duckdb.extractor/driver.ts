import { defineDriver, DriverError, select } from "osiris/driver";

interface DuckdbConfig {
  readonly table?: string;
  readonly query?: string;
  readonly columns?: readonly string[];
  readonly params?: readonly (string | number | boolean | null)[];
}

export default defineDriver<DuckdbConfig>({
  read({ config, connection }, { cursor }) {
    const { table, query, columns, params } = config;
    if (table === undefined && query === undefined) {
      throw new DriverError("Cannot read anything (config): the step names neither a table nor a query", {
        help: "say `table` or `query`",
      });
    }
    return select(String(connection!["path"]), { table, query, columns, params }, cursor);
  },
});
