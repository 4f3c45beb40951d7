/** How the engine is told to write a format. @module */

import { OsirisError } from "../diagnostic.ts";
import type { Column, WriteRequest } from "./engine.ts";
import { identifier, literal } from "./_quote.ts";
import { replaceTypes } from "./_types.ts";

/** The compression of a target: as asked, or as its name says. */
export function compressionOf(request: WriteRequest): string | undefined {
  if (request.options.compression !== undefined) return request.options.compression;
  if (request.format === "parquet") return undefined;
  if (/\.gz$/i.test(request.path)) return "gzip";
  if (/\.zst$/i.test(request.path)) return "zstd";
  return "none";
}

/** Whether JSON is written as one array: as asked, or `.json` is an array and everything else lines. */
export function isJsonArray(request: WriteRequest): boolean {
  const format = request.options.json_format ?? "auto";
  return format === "array" ||
    (format === "auto" && /\.json$/i.test(request.path.replace(/\.(?:gz|zst)$/i, "")));
}

/** What the files inside a folder target are called. */
export function extensionOf(request: WriteRequest): string {
  const base = request.format === "json" && !isJsonArray(request) ? "ndjson" : request.format;
  const compression = request.format === "parquet" ? undefined : compressionOf(request);
  return compression === "gzip" ? `${base}.gz` : compression === "zstd" ? `${base}.zst` : base;
}

/** The options of `COPY … TO`. `header` is false for what is appended to a file that has one. */
export function copyOptions(step: string, request: WriteRequest, header = true): string[] {
  const { options, format } = request;
  const refuse = (option: string, help: string) => {
    throw new OsirisError(
      "ENG504",
      `Cannot write '${request.path}': '${option}' is not known for writing ${format}`,
      { step, help },
    );
  };
  if (options.decimal_separator !== undefined && options.decimal_separator !== ".") {
    refuse("decimal_separator", "format the number as text in a query");
  }
  if (options.encoding !== undefined && !/^utf-?8$/i.test(options.encoding)) {
    refuse("encoding", "files are written as UTF-8");
  }
  const compression = compressionOf(request);
  const text = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name} ${literal(value)}`];
  const dates = [
    ...text("DATEFORMAT", options.date_format),
    ...text("TIMESTAMPFORMAT", options.timestamp_format),
  ];
  switch (format) {
    case "csv": {
      const nulls = options.null_text === undefined ? undefined : [options.null_text].flat()[0];
      return [
        "FORMAT csv",
        `HEADER ${(options.header ?? true) && header}`,
        ...text("DELIMITER", options.delimiter),
        ...text("QUOTE", options.quote),
        ...text("ESCAPE", options.escape ?? options.quote),
        ...text("NULLSTR", nulls),
        ...dates,
        ...text("COMPRESSION", compression),
      ];
    }
    case "json":
      return ["FORMAT json", `ARRAY ${isJsonArray(request)}`, ...dates, ...text("COMPRESSION", compression)];
    case "parquet":
      return [
        "FORMAT parquet",
        ...text("COMPRESSION", compression === "none" ? "uncompressed" : compression),
        ...(options.row_group_size === undefined ? [] : [`ROW_GROUP_SIZE ${options.row_group_size}`]),
      ];
  }
}

/** The types a format stores; the widest integers have no place in Parquet but as decimals. */
export function storedColumns(columns: readonly Column[], format: WriteRequest["format"]): Column[] {
  return columns.map(({ name, type }) => ({
    name,
    type: format === "parquet" ? replaceTypes(type, /\bU?HUGEINT\b/, "DECIMAL(38,0)") : type,
  }));
}

/** The query with its columns as a format stores them. */
export function storedQuery(
  query: string,
  columns: readonly Column[],
  format: WriteRequest["format"],
): string {
  const stored = storedColumns(columns, format);
  if (stored.every((column, i) => column.type === columns[i]!.type) && format !== "json") return query;
  const select = stored.map(({ name, type }, i) => {
    const column = identifier(name);
    if (type !== columns[i]!.type) return `CAST(${column} AS ${type}) AS ${column}`;
    if (format === "json" && (type === "DOUBLE" || type === "FLOAT")) return `${finite(name)} AS ${column}`;
    return column;
  });
  return select.every((text, i) => text === identifier(columns[i]!.name))
    ? query
    : `SELECT ${select.join(", ")} FROM (${query})`;
}

/** JSON has no infinity and no NaN. */
function finite(name: string): string {
  const column = identifier(name);
  const message = literal(`column ${name} holds a number that JSON cannot write: `);
  return `CASE WHEN ${column} IS NULL OR isfinite(${column}) THEN ${column} ELSE error(${message} || ${column}) END`;
}
