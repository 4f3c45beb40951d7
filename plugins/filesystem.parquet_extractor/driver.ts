import { defineDriver, type FileOptions, scan } from "osiris/driver";

interface ParquetConfig extends FileOptions {
  readonly path: string;
}

export default defineDriver<ParquetConfig>({
  read: ({ config: { path, ...options } }) => scan("parquet", path, options),
});
