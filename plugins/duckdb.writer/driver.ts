import { defineDriver, load, type LoadHistory } from "osiris/driver";

interface DuckdbConfig {
  readonly table: string;
  readonly write_mode: "append" | "overwrite" | "upsert" | "delete_insert" | "scd2";
  readonly keys?: readonly string[];
  readonly create: boolean;
  readonly scd2?: Partial<LoadHistory>;
}

export default defineDriver<DuckdbConfig>({
  write: ({ config, connection }) => load(String(connection!["path"]), { ...config, history: config.scd2 }),
});
