import { defineDriver, type FileOptions, scan } from "osiris/driver";

interface CsvConfig extends FileOptions {
  readonly path: string;
}

export default defineDriver<CsvConfig>({
  read({ config: { path, compression, ...options } }) {
    return scan("csv", path, { ...options, compression: compression === "auto" ? undefined : compression });
  },
});
