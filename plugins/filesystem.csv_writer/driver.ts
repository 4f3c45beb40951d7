import { copy, defineDriver, type FileOptions } from "osiris/driver";

interface CsvConfig extends FileOptions {
  readonly path: string;
  readonly write_mode: "overwrite" | "append" | "error_if_exists" | "replace_partitions";
  readonly partition_by?: readonly string[];
}

export default defineDriver<CsvConfig>({
  write({ config: { path, write_mode, partition_by, compression, ...options } }) {
    return copy("csv", path, { write_mode, partition_by }, {
      ...options,
      compression: compression === "auto" ? undefined : compression,
    });
  },
});
