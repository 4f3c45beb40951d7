import { defineDriver, type FileOptions, scan } from "osiris/driver";

interface JsonConfig extends Omit<FileOptions, "json_format"> {
  readonly path: string;
  readonly format: "auto" | "array" | "ndjson";
}

export default defineDriver<JsonConfig>({
  read({ config: { path, format, compression, ...options } }) {
    return scan("json", path, {
      ...options,
      json_format: format,
      compression: compression === "auto" ? undefined : compression,
    });
  },
});
