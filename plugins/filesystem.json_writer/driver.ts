import { copy, defineDriver, type FileOptions } from "osiris/driver";

interface JsonConfig extends Omit<FileOptions, "json_format"> {
  readonly path: string;
  readonly format: "array" | "ndjson";
  readonly write_mode: "overwrite" | "append" | "error_if_exists" | "replace_partitions";
  readonly partition_by?: readonly string[];
}

export default defineDriver<JsonConfig>({
  write({ config: { path, format, write_mode, partition_by, compression, ...options } }) {
    return copy("json", path, { write_mode, partition_by }, {
      ...options,
      json_format: format,
      compression: compression === "auto" ? undefined : compression,
    });
  },
});
