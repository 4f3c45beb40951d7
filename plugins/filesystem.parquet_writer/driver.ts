import { copy, defineDriver, type FileOptions } from "osiris/driver";

interface ParquetConfig extends FileOptions {
  readonly path: string;
  readonly write_mode: "overwrite" | "append" | "error_if_exists" | "replace_partitions";
  readonly partition_by?: readonly string[];
}

export default defineDriver<ParquetConfig>({
  write({ config: { path, write_mode, partition_by, ...options } }) {
    return copy("parquet", path, { write_mode, partition_by }, options);
  },
});
