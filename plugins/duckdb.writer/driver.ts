import { defineDriver, load } from "osiris/driver";

interface DuckdbConfig {
  readonly table: string;
  readonly write_mode: "append" | "overwrite" | "upsert" | "delete_insert";
  readonly keys?: readonly string[];
  readonly create: boolean;
}

export default defineDriver<DuckdbConfig>({
  write: ({ config, connection }) => load(String(connection!["path"]), config),
});
